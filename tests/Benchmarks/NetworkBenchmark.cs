using MedSam2.Network;
using MedSam2.Network.Runtime;
using static TorchSharp.torch;

namespace MedSam2.Benchmarks;

/// <summary>Times the four parts of the network beside the machine's matrix peak.</summary>
internal static class NetworkBenchmark
{
    private const int Memories = 7;
    private const int Pointers = 7;
    private const int PromptTokens = 2; // one click, and the filling

    public static void Run(IEnumerable<BenchmarkModel> models)
    {
        var peak = MatrixPeak.Measure();
        Machine.Report();
        Console.WriteLine($"{get_num_threads()} torch threads, matrix peak {peak / 1e9:f0} GFLOP/s in float32. Shares are of that peak, measured just before.");
        foreach (var benchmark in models)
        {
            using var model = benchmark.CreateNetwork();
            Console.WriteLine($"\n{benchmark.Name,-22}{"GFLOP",9}{"median ms",12}{"spread",9}{"CPU ms",10}{"GFLOP/s",10}{"of peak",9}{"peak memory",13}");
            Run(model, peak);
        }
    }

    private static void Run(Sam2Model model, double peak)
    {
        using var scope = new InferenceScope();
        var configuration = model.Configuration;
        var flops = new FlopCount(configuration);
        var image = randn(1, 3, configuration.ImageSize, configuration.ImageSize);
        var features = model.EncodeImage(image);
        var conditioned = model.ConditionWithoutMemory(features);
        var click = new SamPrompt
        {
            PointCoords = full([1, 1, 2], configuration.ImageSize / 2f),
            PointLabels = ones([1, 1], ScalarType.Int32),
        };
        var answer = model.ForwardSamHeads(features, conditioned, click, multimask: true);
        var memory = model.EncodeMemory(features, answer.HighResMasks, answer.ObjectScoreLogits, isMaskFromPoints: true);
        var context = new MemoryContext(
            [.. Enumerable.Range(0, Memories).Select(n => new MemorySlot(memory) { TemporalRows = [n] })],
            [.. Enumerable.Range(1, Pointers).Select(n => new PointerSlot(answer.ObjPtr) { TemporalPositions = [n / 15f] })]);
        using var sequence = model.AssembleMemory(context);

        Measure("image encoder", flops.ImageEncoder(), peak, () => model.EncodeImage(image).Dispose());
        Measure("mask decoder, click", flops.MaskDecoder(PromptTokens), peak, () => model.ForwardSamHeads(features, conditioned, click, multimask: true).Dispose());
        Measure($"memory attention, {Memories}", flops.MemoryAttention(sequence.Tokens.size(1)), peak, () => model.ConditionOnMemory(features, context).Dispose());
        Measure("memory encoder", flops.MemoryEncoder(), peak, () => model.EncodeMemory(features, answer.HighResMasks, answer.ObjectScoreLogits, isMaskFromPoints: true).Dispose());
    }

    private static void Measure(string part, double flops, double peak, Action action)
    {
        var timing = Stopwatches.Measure(action);
        var rate = flops / timing.Median.TotalSeconds;
        var memory = ResidentMemory.PeakGrowth(action);
        Console.WriteLine(
            $"{part,-22}{flops / 1e9,9:f2}{timing.Median.TotalMilliseconds,12:f2}{timing.Spread,9:p0}{timing.Processor.TotalMilliseconds,10:f2}{rate / 1e9,10:f0}{rate / peak,9:p0}{memory / 1e6,10:f0} MB");
    }
}
