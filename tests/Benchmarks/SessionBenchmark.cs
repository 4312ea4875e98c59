using System.Diagnostics;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Synthetic.Abdomen;

namespace MedSam2.Benchmarks;

/// <summary>Times what a person waits for: a click on a slice, and an object carried through a volume.</summary>
internal static class SessionBenchmark
{
    private const int Clicks = 20;
    private const double ClickBudget = 30; // ms, nano on two cores
    private const int Object = 1;

    /// <summary>Clicks on the liver of a phantom whose slice is encoded already, each for a new object.</summary>
    public static void Click(IEnumerable<BenchmarkModel> models)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = 3 });
        var prompt = ClickOn(phantom.Labels, AbdominalLabels.Liver);
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            using var session = new VolumeSession(model, phantom.Volume);
            var first = Time(() => session.Prompt(Object, prompt));
            var next = Object;
            void Again()
            {
                session.Prompt(++next, prompt);
            }

            var timing = Stopwatches.Measure(Again);
            var slowest = Enumerable.Range(0, Clicks).Max(_ => Time(Again).TotalMilliseconds);
            Console.WriteLine(
                $"{benchmark.Name}: first click with encoding {first.TotalMilliseconds:f1} ms; click on the encoded slice: median {timing.Median.TotalMilliseconds:f1} ms, "
                + $"spread {timing.Spread:p0}, CPU {timing.Processor.TotalMilliseconds:f1} ms, slowest of {Clicks} {slowest:f1} ms");
            if (benchmark == BenchmarkModel.Nano)
                Console.WriteLine($"  budget {ClickBudget} ms: {(timing.Median.TotalMilliseconds < ClickBudget ? "held" : "MISSED")} by the median, {(slowest < ClickBudget ? "held" : "MISSED")} by the slowest");
        }
    }

    /// <summary>One click, then the whole volume: every slice is encoded, attended to its memories, decoded and remembered.</summary>
    public static void Volume(IEnumerable<BenchmarkModel> models, int slices)
    {
        Machine.Report();
        var peak = MatrixPeak.Measure();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = slices });
        var prompt = ClickOn(phantom.Labels, AbdominalLabels.Liver);
        Console.WriteLine($"\n{$"512 x 512 x {slices}",-14}{"seconds",9}{"slices/s",10}{"CPU s",8}{"GFLOP",9}{"of peak",9}{"peak memory",13}");
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            var processor = Environment.CpuUsage.TotalTime;
            var (elapsed, tracked) = (TimeSpan.Zero, 0);
            var memory = ResidentMemory.PeakGrowth(() => (elapsed, tracked) = Propagate(model, phantom.Volume, prompt));
            processor = Environment.CpuUsage.TotalTime - processor;
            var flops = CountFlops(model, tracked);
            Console.WriteLine(
                $"{benchmark.Name,-14}{elapsed.TotalSeconds,9:f2}{tracked / elapsed.TotalSeconds,10:f2}{processor.TotalSeconds,8:f1}{flops / 1e9,9:f0}"
                + $"{flops / elapsed.TotalSeconds / peak,9:p0}{memory / 1e6,10:f0} MB");
        }
    }

    private static (TimeSpan Elapsed, int Slices) Propagate(SegmentationModel model, Volume volume, SlicePrompt prompt)
    {
        using var session = new VolumeSession(model, volume, TrackingOptions.Sam2);
        var slices = 0;
        var elapsed = Time(() =>
        {
            session.Prompt(Object, prompt);
            slices = session.Propagate([Object], PropagationRange.Whole).Count();
        });
        return (elapsed, slices);
    }

    /// <summary>The first slice has no memory; the others have those of all slices before, up to the network's number, and a pointer with each.</summary>
    private static double CountFlops(SegmentationModel model, int slices)
    {
        var configuration = model.Configuration;
        var count = new FlopCount(configuration);
        var pointerTokens = configuration.HiddenDim / configuration.MemDim;
        var spatialTokens = configuration.EmbeddingSize * configuration.EmbeddingSize;
        var total = slices * (count.ImageEncoder() + count.MaskDecoder(promptTokens: 2) + count.MemoryEncoder());
        for (var before = 1; before < slices; before++)
        {
            var memories = Math.Min(before, configuration.NumMaskmem);
            var pointers = Math.Min(before, configuration.MaxObjPtrsInEncoder);
            total += count.MemoryAttention((memories * spatialTokens) + (pointers * pointerTokens));
        }

        return total;
    }

    /// <summary>A click in the middle of a structure where it is largest.</summary>
    public static SlicePrompt ClickOn(LabelMap labels, byte label)
    {
        var (index, _) = labels.LargestSlice(SliceAxis.K, label);
        var box = labels.ReadSlice(SliceAxis.K, index, label).BoundingBox();
        return new SlicePrompt(SliceAxis.K, index, [new PromptPoint(box.X + (box.Width / 2), box.Y + (box.Height / 2))]);
    }

    private static TimeSpan Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }
}
