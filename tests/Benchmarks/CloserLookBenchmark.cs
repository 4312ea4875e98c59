using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Training.Synthetic.Abdomen;

namespace MedSam2.Benchmarks;

/// <summary>What a closer look costs beside the whole slices alone: a box on a kidney, and the volume.</summary>
internal static class CloserLookBenchmark
{
    private const int Rounds = 3;

    public static void Run(IEnumerable<BenchmarkModel> models, int slices)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = slices });
        var (index, _) = phantom.Labels.LargestSlice(SliceAxis.K, AbdominalLabels.KidneyLeft);
        var extent = phantom.Labels.ReadSlice(SliceAxis.K, index, AbdominalLabels.KidneyLeft).BoundingBox();
        var prompt = new SlicePrompt(SliceAxis.K, index, [], new PromptBox(extent.X, extent.Y, extent.X + extent.Width - 1, extent.Y + extent.Height - 1));
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            var plain = (Click: double.MaxValue, Volume: double.MaxValue);
            var closer = plain;
            for (var round = 0; round <= Rounds; round++)
            {
                var (a, b) = (Measure(false), Measure(true));
                if (round == 0)
                    continue; // the first warms up
                plain = (Math.Min(plain.Click, a.Click), Math.Min(plain.Volume, a.Volume));
                closer = (Math.Min(closer.Click, b.Click), Math.Min(closer.Volume, b.Volume));
            }

            Console.WriteLine(
                $"{benchmark.Name}: a box on a new slice takes {plain.Click:f3} CPU s, with a closer look {closer.Click:f3} ({closer.Click / plain.Click:f1} times); "
                + $"{slices} slices {plain.Volume:f2} and {closer.Volume:f2} ({closer.Volume / plain.Volume:f1} times)");

            (double Click, double Volume) Measure(bool closerLook)
            {
                using var session = new VolumeSession(model, phantom.Volume, new TrackingOptions { CloserLook = closerLook });
                var click = Stopwatches.Processor(() => session.Prompt(1, prompt));
                var volume = Stopwatches.Processor(() =>
                {
                    foreach (var _ in session.Propagate([1], PropagationRange.Whole))
                    {
                        // All of it is wanted.
                    }
                });
                return (click, volume);
            }
        }
    }
}
