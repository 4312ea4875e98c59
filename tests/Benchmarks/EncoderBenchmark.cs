using MedSam2.Network;
using MedSam2.Network.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Benchmarks;

/// <summary>The image encoder beside the plain eager float32 one, run by turns in one process: speed, and what it costs in accuracy.</summary>
internal static class EncoderBenchmark
{
    private const int Rounds = 3;
    private const int Batch = 4;

    public static void Run(IEnumerable<BenchmarkModel> models)
    {
        Machine.Report();
        Console.WriteLine($"{get_num_threads()} torch threads; processor time of an image, the best of {Rounds} rounds by turns. Errors are relative to plain float32.");
        foreach (var benchmark in models)
        {
            using var model = benchmark.CreateNetwork();
            using var half = benchmark.CreateNetwork();
            half.to(ScalarType.BFloat16);
            Run(benchmark.Name, model, half);
        }
    }

    private static void Run(string name, Sam2Model model, Sam2Model half)
    {
        using var scope = new InferenceScope();
        var size = model.Configuration.ImageSize;
        var image = randn(1, 3, size, size);
        var several = image.expand(Batch, -1, -1, -1).contiguous();
        var plain = new PlainEncoder(model);
        (string Name, int Images, Func<IReadOnlyList<Tensor>> Encode)[] variants =
        [
            ("plain float32", 1, () => OneDnnMatmul.Without(() => plain.Encode(image))),
            ("float32", 1, () => model.EncodeImage(image).Levels),
            ($"float32, {Batch} at once", Batch, () => model.EncodeImage(several).Levels),
            ("bfloat16", 1, () => half.EncodeImage(image).Levels),
            ($"bfloat16, {Batch} at once", Batch, () => half.EncodeImage(several).Levels),
        ];
        var expected = variants[0].Encode();
        var best = new double[variants.Length];
        Array.Fill(best, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            for (var n = 0; n < variants.Length; n++)
                best[n] = Math.Min(best[n], Measure(variants[n].Encode) / variants[n].Images);
        }

        Console.WriteLine($"\n{name,-24}{"CPU ms",10}{"times as fast",15}{"relative error",16}{"largest error",15}");
        foreach (var (n, variant) in variants.Index())
        {
            var actual = variant.Encode();
            var error = expected.Zip(actual).Max(p => ((p.First - p.Second.narrow(0, 0, 1)).norm() / p.First.norm()).item<float>());
            var largest = expected.Zip(actual).Max(p => (p.First - p.Second.narrow(0, 0, 1)).abs().max().item<float>());
            Console.WriteLine($"{variant.Name,-24}{best[n] * 1e3,10:f1}{best[0] / best[n],15:f2}{error,16:e1}{largest,15:e1}");
        }
    }

    private static double Measure(Func<IReadOnlyList<Tensor>> encode)
    {
        using var scope = NewDisposeScope();
        return Stopwatches.Processor(() => encode());
    }
}
