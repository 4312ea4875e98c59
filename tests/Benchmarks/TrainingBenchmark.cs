using System.Diagnostics;
using MedSam2.Imaging.Geometry;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;
using MedSam2.Training.Fitting.Frozen;
using static TorchSharp.torch;

namespace MedSam2.Benchmarks;

/// <summary>Training steps with the encoder trained, and frozen with its features kept: steps a second, share of the matrix peak, memory.</summary>
internal static class TrainingBenchmark
{
    private const int Warm = 2; // the second step finds the features of the first
    private const int PromptTokens = 3; // a box, and the filling

    private static readonly FineTuneOptions FineTuning = new();

    /// <param name="models">Which networks.</param>
    /// <param name="most">Slices of a step at most, one object each; a fine-tuning's own number otherwise.</param>
    /// <param name="steps">Steps that are timed.</param>
    public static void Run(IReadOnlyList<BenchmarkModel> models, int most, int steps = 5)
    {
        NativeHeap.KeepFreed(); // as the verbs that train
        var slices = Math.Min(most, FineTuning.Batches.SlicesPerBatch);
        var peak = MatrixPeak.Measure();
        Machine.Report();
        Console.WriteLine($"{get_num_threads()} torch threads, matrix peak {peak / 1e9:f0} GFLOP/s in float32. {slices} slices a step, a box each; medians of {steps} steps.");
        foreach (var benchmark in models)
        {
            Console.WriteLine($"\n{benchmark.Name,-22}{"steps/s",9}{"GFLOP",9}{"of peak",9}{"peak memory",13}");
            var byLength = FineTuning.Batches.Lengths.Distinct().ToDictionary(length => length, length =>
            {
                Console.WriteLine(length == 1 ? "single slices" : $"sequences of {length}");
                var sequences = Math.Max(1, slices / length);
                var trained = Measure(benchmark, TrainedParts.All, sequences, length, steps, peak);
                var frozen = Measure(benchmark, TrainedParts.WithoutEncoder, sequences, length, steps, peak);
                Tell("A step whose encoder is frozen and its features kept", trained, frozen);
                return (Trained: trained, Frozen: frozen);
            });
            Tell(
                $"A fine-tuning's epoch ({string.Join(", ", FineTuning.Batches.Lengths)} slices by turns)",
                Sum(FineTuning.Batches.Lengths.Select(length => byLength[length].Trained)),
                Sum(FineTuning.Batches.Lengths.Select(length => byLength[length].Frozen)));
        }

        static (double Wall, double Processor) Sum(IEnumerable<(double Wall, double Processor)> times) => (times.Sum(t => t.Wall), times.Sum(t => t.Processor));

        static void Tell(string what, (double Wall, double Processor) trained, (double Wall, double Processor) frozen) =>
            Console.WriteLine($"{what} is {trained.Wall / frozen.Wall:f1} times as fast ({trained.Processor / frozen.Processor:f1} in processor time).");
    }

    /// <returns>Seconds of a step.</returns>
    private static (double Wall, double Processor) Measure(BenchmarkModel benchmark, TrainedParts parts, int sequences, int length, int steps, double peak)
    {
        using var folder = new TemporaryFolder();
        using var model = benchmark.CreateNetwork();
        var isFrozen = parts == TrainedParts.WithoutEncoder;
        using var store = isFrozen ? new FeatureStore(model, new() { DiskBytes = 0 }) : null;
        var options = FineTuning.Trainer with
        {
            Steps = Warm + steps,
            Parts = parts,
            CheckpointEvery = int.MaxValue,
            LearningRate = 1e-6,
            Prompts = new() { Click = 0, Box = 1, MaxCorrections = 0 },
        };
        using var trainer = new Trainer(model, new SameSlices(model.Configuration, sequences, length), options, store);
        List<double> times = [], processor = [];
        var memory = ResidentMemory.PeakGrowth(() =>
        {
            var (last, lastProcessor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            trainer.Run(
                folder.Path,
                report =>
                {
                    if (report.Step >= Warm)
                    {
                        times.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                        processor.Add((Environment.CpuUsage.TotalTime - lastProcessor).TotalSeconds);
                    }

                    (last, lastProcessor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                },
                CancellationToken.None);
        });
        times.Sort();
        processor.Sort();
        var flops = new FlopCount(model.Configuration);
        // What learns runs forward once and backward twice as long. Memory is counted nowhere: of sequences the share is a lower bound.
        var operations = sequences * length * 3 * (flops.MaskDecoder(PromptTokens) + (isFrozen ? 0 : flops.ImageEncoder()));
        var median = times[times.Count / 2];
        Console.WriteLine($"{(isFrozen ? "frozen encoder" : "trained encoder"),-22}{1 / median,9:f2}{operations / 1e9,9:f1}{operations / median / peak,9:p0}{memory / 1e6,10:f0} MB");
        return (median, processor[processor.Count / 2]);
    }

    /// <summary>The same noise with the same square in it, so that no time goes into making images.</summary>
    private sealed class SameSlices(Sam2Configuration configuration, int sequences, int length) : IBatchSource
    {
        private readonly Tensor noise = randn([sequences, length, 3, configuration.ImageSize, configuration.ImageSize]);

        public TrainingBatch Create(int step, CancellationToken cancellationToken)
        {
            var size = configuration.ImageSize;
            var masks = zeros([sequences, length, size, size], ScalarType.Byte);
            using (var square = masks.narrow(2, size / 4, size / 3).narrow(3, size / 4, size / 3))
                square.fill_(1);
            return new(noise.alias(), masks, [.. Enumerable.Range(0, sequences).Select(n => (long)n)])
            {
                Keys = [.. Enumerable.Range(0, sequences * length).Select(n => new SliceKey(0, SliceAxis.K, n, 0))],
            };
        }
    }
}
