using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using MedSam2.Training.Synthetic.Abdomen;
using static TorchSharp.torch;

namespace MedSam2.Benchmarks;

/// <summary>What tracking costs beside the network's own work, with more objects, and with more slices.</summary>
internal static class TrackingBenchmark
{
    private const int Rounds = 3;
    private const double OverheadBudget = 0.15;
    private const double MemoryBudget = 1.1;
    private const int PhantomSlices = 40;
    private static readonly int[] ObjectCounts = [1, 2, 5, 10];

    // Every slice is remembered, so that the bank is as full as the network alone has it.
    private static readonly (string Name, TrackingOptions Options)[] FullMemories =
        [("SAM 2", TrackingOptions.Sam2), ("MedSAM-2", new() { ConfidenceThreshold = 0 })];

    private static readonly (string Name, TrackingOptions Options)[] Memories = [("SAM 2", TrackingOptions.Sam2), ("MedSAM-2", new())];

    /// <summary>A propagation beside the same network calls alone, by turns; the processor time of the best round of each.</summary>
    public static void Overhead(IEnumerable<BenchmarkModel> models, int slices)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = PhantomSlices });
        var liver = SessionBenchmark.ClickOn(phantom.Labels, AbdominalLabels.Liver);
        var volume = Repeat(phantom.Volume, liver.Index, slices);
        SlicePrompt[] prompts = [liver with { Index = 0 }];
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            using var network = benchmark.CreateNetwork();
            foreach (var (name, options) in FullMemories)
            {
                var (whole, alone) = (double.MaxValue, double.MaxValue);
                for (var round = 0; round <= Rounds; round++)
                {
                    var (a, b) = (Stopwatches.Processor(() => Track(model, volume, prompts, options)), Stopwatches.Processor(() => NetworkAlone(network, slices)));
                    if (round > 0) // the first warms up
                        (whole, alone) = (Math.Min(whole, a), Math.Min(alone, b));
                }

                var overhead = 1 - (alone / whole);
                Console.WriteLine(
                    $"{benchmark.Name}, {name}'s memory: {slices} slices of 512 x 512 take {whole:f2} CPU s, of which the network alone {alone:f2}; "
                    + $"all else {overhead:p0} (budget {OverheadBudget:p0}: {(overhead < OverheadBudget ? "held" : "MISSED")})");
            }
        }
    }

    /// <summary>Several objects at once: they share the encoder and go through attention and decoder together.</summary>
    public static void Objects(IEnumerable<BenchmarkModel> models, int slices)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = slices });
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            Track(model, phantom.Volume, Clicks(1), TrackingOptions.Sam2);
            foreach (var (name, options) in Memories)
            {
                Console.WriteLine($"\n{$"{benchmark.Name}, {name}'s memory",-28}{"objects",9}{"CPU s",9}{"times one",11}{"times one each",16}");
                var one = 0.0;
                foreach (var count in ObjectCounts)
                {
                    var best = Enumerable.Range(0, Rounds).Min(_ => Stopwatches.Processor(() => Track(model, phantom.Volume, Clicks(count), options)));
                    one = count == 1 ? best : one;
                    Console.WriteLine($"{"",-28}{count,9}{best,9:f2}{best / one,11:f2}{best / one / count,16:f2}");
                }
            }
        }
    }

    /// <summary>
    /// Peak memory of the process for 100 slices and for 1,000, without the volumes themselves, and with room for the encoded slices of fewer
    /// than either. The slices are a liver's, there and back again and again, so that every mask and every memory is a real one.
    /// </summary>
    public static void Memory()
    {
        const int few = 100, many = 1000;
        Machine.Report();
        using var model = BenchmarkModel.Nano.Load();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Size = 128, Slices = PhantomSlices });
        var prompt = SessionBenchmark.ClickOn(phantom.Labels, AbdominalLabels.Liver);
        long Peak(int slices)
        {
            var volume = Repeat(phantom.Volume, prompt.Index, slices);
            return ResidentMemory.Peak(() => Walk(model, volume, prompt with { Index = 0 })) - Bytes(volume);
        }

        Peak(3 * few); // until the garbage collector has found its pace
        var (a, b) = (Peak(few), Peak(many));
        Console.WriteLine(
            $"{BenchmarkModel.Nano.Name}: the process takes {a / 1e6:f0} MB at most for {few} slices, {b / 1e6:f0} MB for {many}, volumes not counted: "
            + $"{(double)b / a:f2} times (budget {MemoryBudget:f1}: {(b < MemoryBudget * a ? "held" : "MISSED")})");
    }

    /// <summary>A volume of as many slices as wanted: from one on to the last, back to the first, and so on.</summary>
    private static Volume Repeat(Volume volume, int first, int slices)
    {
        var geometry = volume.Geometry;
        var pixels = geometry.Columns * geometry.Rows;
        var slice = new float[pixels];
        var voxels = new short[pixels * slices];
        for (var n = 0; n < slices; n++)
        {
            var step = (first + n) % (2 * PhantomSlices);
            volume.ReadSlice(SliceAxis.K, Math.Min(step, (2 * PhantomSlices) - 1 - step), slice);
            for (var pixel = 0; pixel < pixels; pixel++)
                voxels[(n * pixels) + pixel] = (short)slice[pixel];
        }

        return new Volume(geometry with { Slices = slices }, new Int16Voxels(voxels), window: volume.Window);
    }

    private static long Bytes(Volume volume) => 2L * volume.Geometry.VoxelCount;

    private static void Walk(SegmentationModel model, Volume volume, SlicePrompt prompt)
    {
        using var session = new VolumeSession(model, volume, new TrackingOptions { FeatureCacheBytes = 32 << 20 });
        session.Prompt(1, prompt);
        foreach (var _ in session.Propagate([1], PropagationRange.Whole))
        {
            // Every slice is tracked, remembered and kept as runs.
        }
    }

    /// <summary>A click for each of some objects, on the first slice.</summary>
    private static SlicePrompt[] Clicks(int objects) =>
        [.. Enumerable.Range(1, objects).Select(id => new SlicePrompt(SliceAxis.K, 0, [new PromptPoint(100 + (id * 30), 150 + (id * 20))]))];

    /// <param name="model">The network.</param>
    /// <param name="volume">The image.</param>
    /// <param name="prompts">One an object.</param>
    /// <param name="options">How they are tracked.</param>
    private static void Track(SegmentationModel model, Volume volume, SlicePrompt[] prompts, TrackingOptions options)
    {
        using var session = new VolumeSession(model, volume, options);
        int[] ids = [.. Enumerable.Range(1, prompts.Length)];
        foreach (var id in ids)
            session.Prompt(id, prompts[id - 1]);
        foreach (var _ in session.Propagate(ids, PropagationRange.Whole with { Direction = PropagationDirection.Forward }))
        {
            // All of it is wanted.
        }
    }

    /// <summary>What the network does in <see cref="Track"/> for one object, with as many memories and pointers.</summary>
    private static void NetworkAlone(Sam2Model network, int slices)
    {
        using var scope = new InferenceScope();
        var configuration = network.Configuration;
        var image = randn(1, 3, configuration.ImageSize, configuration.ImageSize);
        var click = new SamPrompt { PointCoords = full([1, 1, 2], configuration.ImageSize / 2f), PointLabels = ones([1, 1], ScalarType.Int32) };
        var (memory, pointer) = (empty(0), empty(0));
        for (var slice = 0; slice < slices; slice++)
        {
            using var inner = NewDisposeScope();
            var features = network.EncodeImage(image);
            var conditioned = slice == 0 ? network.ConditionWithoutMemory(features) : network.ConditionOnMemory(features, new MemoryContext(
                [.. Enumerable.Range(0, Math.Min(slice, configuration.NumMaskmem)).Select(n => new MemorySlot(memory) { TemporalRows = [n] })],
                [.. Enumerable.Range(1, Math.Min(slice, configuration.MaxObjPtrsInEncoder)).Select(n => new PointerSlot(pointer) { TemporalPositions = [n / 15f] })]));
            var answer = network.ForwardSamHeads(features, conditioned, slice == 0 ? click : SamPrompt.None, multimask: true);
            memory = network.EncodeMemory(features, answer.HighResMasks, answer.ObjectScoreLogits, isMaskFromPoints: slice == 0).MoveToOuterDisposeScope();
            pointer = answer.ObjPtr.MoveToOuterDisposeScope();
        }
    }
}
