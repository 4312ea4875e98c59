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
    private static readonly int[] ObjectCounts = [1, 2, 5, 10];

    /// <summary>A propagation beside the same network calls alone, by turns; the processor time of the best round of each.</summary>
    public static void Overhead(IEnumerable<BenchmarkModel> models, int slices)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = slices });
        foreach (var benchmark in models)
        {
            using var model = benchmark.Load();
            using var network = benchmark.CreateNetwork();
            var (whole, alone) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round <= Rounds; round++)
            {
                var (a, b) = (Processor(() => Track(model, phantom.Volume, 1)), Processor(() => NetworkAlone(network, slices)));
                if (round > 0) // the first warms up
                    (whole, alone) = (Math.Min(whole, a), Math.Min(alone, b));
            }

            var overhead = 1 - (alone / whole);
            Console.WriteLine(
                $"{benchmark.Name}: {slices} slices of 512 x 512 take {whole:f2} CPU s, of which the network alone {alone:f2}; "
                + $"all else {overhead:p0} (budget {OverheadBudget:p0}: {(overhead < OverheadBudget ? "held" : "MISSED")})");
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
            Track(model, phantom.Volume, 1);
            Console.WriteLine($"\n{benchmark.Name,-14}{"objects",9}{"CPU s",9}{"times one",11}{"times one each",16}");
            var one = 0.0;
            foreach (var count in ObjectCounts)
            {
                var best = Enumerable.Range(0, Rounds).Min(_ => Processor(() => Track(model, phantom.Volume, count)));
                one = count == 1 ? best : one;
                Console.WriteLine($"{"",-14}{count,9}{best,9:f2}{best / one,11:f2}{best / one / count,16:f2}");
            }
        }
    }

    /// <summary>Peak memory for 100 slices and for 1,000, with room for the encoded slices of fewer than either.</summary>
    public static void Memory()
    {
        const int few = 100, many = 1000;
        Machine.Report();
        using var model = BenchmarkModel.Toy.Load();
        long Peak(int slices) => ResidentMemory.PeakGrowth(() => Walk(model, slices));
        Walk(model, few);
        var (a, b) = (Peak(few), Peak(many));
        Console.WriteLine(
            $"{BenchmarkModel.Toy.Name}: peak growth {a / 1e6:f0} MB for {few} slices, {b / 1e6:f0} MB for {many} (the volumes are {Bytes(few) / 1e6:f1} and {Bytes(many) / 1e6:f1} MB of it); "
            + $"of the process {(double)(ResidentMemory.Now() + b) / (ResidentMemory.Now() + a):f2} times (budget {MemoryBudget:f1})");
    }

    private static long Bytes(int slices) => 2L * 64 * 64 * slices;

    private static void Walk(SegmentationModel model, int slices)
    {
        var geometry = new VolumeGeometry(64, 64, slices, Affine.Identity);
        var voxels = new short[geometry.VoxelCount];
        for (var n = 0; n < voxels.Length; n++)
            voxels[n] = (short)((n * 2654435761L) % 200);
        var volume = new Volume(geometry, new Int16Voxels(voxels), window: new IntensityWindow(0, 255));
        using var session = new VolumeSession(model, volume, new TrackingOptions { FeatureCacheBytes = 4 << 20, ConfidenceThreshold = 0 });
        session.Prompt(1, new SlicePrompt(SliceAxis.K, 0, [], new PromptBox(16, 16, 48, 48)));
        foreach (var _ in session.Propagate([1], PropagationRange.Whole))
        {
            // Every slice is tracked, remembered and kept as runs.
        }
    }

    private static void Track(SegmentationModel model, Volume volume, int objects)
    {
        using var session = new VolumeSession(model, volume, TrackingOptions.Sam2);
        int[] ids = [.. Enumerable.Range(1, objects)];
        foreach (var id in ids)
            session.Prompt(id, new SlicePrompt(SliceAxis.K, 0, [new PromptPoint(100 + (id * 30), 150 + (id * 20))]));
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

    private static double Processor(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }
}
