using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Orientations;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>What the passes of a propagation along several stacks begin from and share, and how many there are (section 5 of the method).</summary>
public sealed class OrientedPassTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private static readonly TrackingOptions RoomForAll = new() { Capacity = 64, ConfidenceThreshold = 0 };

    [Theory]
    [InlineData(OrientationChoice.Triplanar)]
    [InlineData(OrientationChoice.Six)]
    public void All_passes_fill_one_bank(OrientationChoice choice)
    {
        using var bench = Bench(RoomForAll);
        foreach (var slice in (int[])[3, 5, 7])
            bench.Prompt(BallVolume.Box(slice == 5 ? new(5, 4, 19, 18) : new(6, 5, 18, 17), slice));
        var held = new SortedDictionary<int, int>(); // memories in the bank at the end of each pass
        foreach (var visited in bench.Run(choice))
            held[visited.Pass] = bench.Object.Bank!.Entries.Count;

        Assert.Equal(choice == OrientationChoice.Six ? 6 : 3, held.Count);
        Assert.True(held[1] > 1);
        Assert.All(held.Zip(held.Skip(1)), pair => Assert.True(pair.Second.Value > pair.First.Value, $"The bank held {string.Join(", ", held.Values)} memories."));
        Assert.Equal([SliceAxis.K, SliceAxis.J, SliceAxis.I], bench.Object.Bank!.Entries.Select(e => e.Memory.Axis).Distinct());
    }

    [Fact]
    public void What_the_bank_learnt_in_the_prompts_plane_is_attended_to_in_the_others()
    {
        using var bench = Bench(RoomForAll);
        bench.Prompt(BallVolume.Box(new(5, 4, 19, 18), 5));
        var seen = bench.Run(OrientationChoice.Triplanar).First(v => v.Pass == 2); // the coronal pass has begun
        Assert.Equal(2, seen.Pass);
        var memory = bench.Object.Oriented!.Passes[1].Memory!;
        var step = new Memory.TrackingStep(2, 22, IsReverse: false, new(SliceAxis.J, 2), memory.Pinned.Values.First().ImageEmbedding);

        var axes = memory.Choose(step).Maps.Select(m => m.Memory.Axis).ToArray();

        Assert.Contains(SliceAxis.K, axes.Skip(2)); // beyond the prompt and the start of this pass
    }

    [Fact]
    public void A_pass_in_another_plane_starts_from_the_objects_largest_section_there()
    {
        using var bench = Bench(new TrackingOptions());
        foreach (var slice in Enumerable.Range(0, 10))
            bench.Prompt(new(SliceAxis.K, slice, [], null, slice is >= 2 and <= 7 ? Cross() : new Mask(24, 22)));
        OrientedProgress? progress = null;
        foreach (var visited in bench.Run(OrientationChoice.Triplanar))
            progress ??= bench.Object.Oriented;

        // Neither in the middle of the stack (11 and 12), nor in that of the object (9 and 12), nor at its end.
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], progress!.Passes[0].Starts);
        Assert.Equal(SliceAxis.J, progress.Passes[1].Record.Axis);
        Assert.Equal([5], progress.Passes[1].Starts);
        Assert.Equal(SliceAxis.I, progress.Passes[2].Record.Axis);
        Assert.Equal([8], progress.Passes[2].Starts);
    }

    [Fact]
    public void Auto_asks_the_other_planes_only_above_the_accepted_disagreement()
    {
        using var first = Bench(new TrackingOptions());
        first.Prompt(BallVolume.Box(new(5, 4, 19, 18), 5));
        OrientedProgress? progress = null;
        var passes = 0;
        foreach (var visited in first.Run(OrientationChoice.Auto, acceptedDisagreement: 1))
        {
            progress ??= first.Object.Oriented;
            passes = Math.Max(passes, visited.Passes);
        }

        var disagreement = PassRecord.Disagreement(progress!.Passes[0].Record, progress.Passes[1].Record);
        Assert.InRange(disagreement, 1e-6, 0.5);
        Assert.Equal(2, passes);
        Assert.Equal(2, Passes(disagreement)); // no more than is accepted
        Assert.Equal(4, Passes(disagreement * 0.999));
        Assert.Equal(4, Passes(0));

        int Passes(double accepted)
        {
            using var bench = Bench(new TrackingOptions());
            bench.Prompt(BallVolume.Box(new(5, 4, 19, 18), 5));
            return bench.Run(OrientationChoice.Auto, accepted).Max(v => v.Passes);
        }
    }

    /// <summary>A bar along x and one along y, which meet at row 5 and column 8.</summary>
    private static Mask Cross()
    {
        var mask = new Mask(24, 22);
        for (var x = 4; x < 21; x++)
            mask.Pixels[(5 * 24) + x] = 1;
        for (var y = 2; y < 17; y++)
            mask.Pixels[(y * 24) + 8] = 1;
        for (var y = 3; y < 12; y++)
            mask.Pixels[(y * 24) + 9] = 1;
        return mask;
    }

    private OrientedBench Bench(TrackingOptions options) => new(nano.Model, BallVolume.CreateSmall(), options);
}
