using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Tracking;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class OrientationTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private static readonly VolumeGeometry Grid = new(4, 3, 2, Affine.Identity);

    [Theory]
    [InlineData(OrientationChoice.PromptPlane, 1)]
    [InlineData(OrientationChoice.Triplanar, 3)]
    [InlineData(OrientationChoice.Six, 6)]
    [InlineData(OrientationChoice.Auto, 2)]
    public void Choices_have_their_passes_and_begin_in_the_prompts_plane(OrientationChoice choice, int count)
    {
        var passes = Pass.First(choice, SliceAxis.J);

        Assert.Equal(count, passes.Count);
        Assert.Equal(SliceAxis.J, passes[0].Axis);
        Assert.Equal(count, passes.Distinct().Count());
    }

    [Theory]
    [InlineData(PassOrder.Alternating)]
    [InlineData(PassOrder.Forward)]
    [InlineData(PassOrder.Reverse)]
    public void Each_pass_visits_every_slice_once(object order)
    {
        var visits = new Pass(SliceAxis.K, (PassOrder)order).Visits([3, 6], 0, 9).Select(v => v.Slice).ToArray();

        Assert.Equal(Enumerable.Range(0, 10), visits.Order());
    }

    [Fact]
    public void Forward_and_reverse_pass_begin_at_the_prompt()
    {
        Visit[] up = [new(2, false), new(3, false), new(4, false), new(1, true), new(0, true)];
        Visit[] down = [new(2, true), new(1, true), new(0, true), new(3, false), new(4, false)];

        Assert.Equal(up, new Pass(SliceAxis.K, PassOrder.Forward).Visits([2], 0, 4));
        Assert.Equal(down, new Pass(SliceAxis.K, PassOrder.Reverse).Visits([2], 0, 4));
    }

    [Fact]
    public void Fusion_weighs_each_pass_by_its_slices_confidence()
    {
        // Voxel (1, 1, 0): pass K says 1 with weight 0.9, pass J says 0 with weight 0.3.
        var axial = new PassRecord(SliceAxis.K);
        axial.Slices[0] = new(new PixelBox(1, 1, 1, 1), [255], 0.9f);
        var coronal = new PassRecord(SliceAxis.J);
        coronal.Slices[1] = new(PixelBox.Empty, [], 0.3f);

        var fused = FusedObject.Fuse([axial, coronal]);

        Assert.True(fused.Section(Grid, SliceAxis.K, 0)[1, 1]);
        Assert.Equal(1, fused.Section(Grid, SliceAxis.I, 1).Count());
        Assert.Equal(Math.Sqrt(0.75 - (0.75 * 0.75)), fused.SpreadAt(1, 1, 0), 1e-5);
        Assert.Equal(0, fused.SpreadAt(0, 0, 0));

        // What is kept of it: levels of 1/510.
        var kept = fused.ToSpreadMap(OrientationChoice.Triplanar, SliceAxis.K);
        Assert.Equal(fused.SpreadAt(1, 1, 0), kept.ToVolume(Grid)[1, 1, 0], 0.5 / 510);
        Assert.Equal(0, kept.ToVolume(Grid)[0, 0, 0]);
    }

    [Fact]
    public void Passes_that_disagree_about_the_object_have_a_larger_mean_spread_than_passes_that_agree()
    {
        var (agreeing, doubting, disagreeing) = (Pair(255, 255), Pair(255, 178), Pair(255, 0));

        Assert.Equal(0, agreeing, 1e-3);
        Assert.True(agreeing < doubting && doubting < disagreeing, $"{agreeing}, {doubting}, {disagreeing}");
        Assert.Equal(0.5, disagreeing, 1e-6);

        // Both planes see voxel (1, 1, 0); what the axial pass alone has seen of the object has no part in it.
        static double Pair(byte axial, byte coronal)
        {
            var (one, other) = (new PassRecord(SliceAxis.K), new PassRecord(SliceAxis.J));
            one.Slices[0] = new(new PixelBox(1, 0, 1, 3), [axial, axial, axial], 0.8f);
            other.Slices[1] = new(new PixelBox(1, 0, 1, 1), [coronal], 0.8f);
            return FusedObject.Fuse([one, other]).MeanSpread();
        }
    }

    [Fact]
    public void What_nobody_takes_for_the_object_has_no_part_in_the_mean_spread()
    {
        var (axial, coronal) = (new PassRecord(SliceAxis.K), new PassRecord(SliceAxis.J));
        axial.Slices[0] = new(new PixelBox(0, 1, 4, 1), [100, 255, 100, 100], 0.8f);
        coronal.Slices[1] = new(new PixelBox(1, 0, 1, 1), [255], 0.8f);

        Assert.Equal(0, FusedObject.Fuse([axial, coronal]).MeanSpread(), 1e-3);
        Assert.Equal(0, FusedObject.Fuse([axial]).MeanSpread());
    }

    [Fact]
    public void A_map_that_would_take_too_many_bytes_is_kept_in_coarser_levels()
    {
        var random = new Random(4);
        var box = new VoxelBox(2, 1, 0, 50, 40, 10);
        float[] spread = [.. Enumerable.Range(0, box.Count).Select(_ => random.NextSingle() / 2)]; // which hardly compresses

        var whole = SpreadMap.Create(OrientationChoice.Six, SliceAxis.K, box, spread);
        Assert.Equal(spread.Select(s => (byte)((s * 510) + 0.5f)), Levels(whole));
        var coarse = SpreadMap.Create(OrientationChoice.Six, SliceAxis.K, box, spread, mostBytes: whole.Compressed.Length * 2 / 3);

        Assert.InRange(coarse.Compressed.Length, 1, whole.Compressed.Length * 2 / 3);
        Assert.All(Levels(whole).Zip(Levels(coarse)), pair => Assert.InRange(pair.First - pair.Second, 0, 31));
        Assert.Equal(Levels(coarse), Levels(SpreadMap.Read(OrientationChoice.Six, SliceAxis.K, box, coarse.Compressed)));
        Assert.Throws<InvalidDataException>(() => SpreadMap.Read(OrientationChoice.Six, SliceAxis.K, box, coarse.Compressed[..^200]));

        byte[] Levels(SpreadMap map) => [.. Enumerable.Range(0, 10).SelectMany(k => Inside(map.Section(new(60, 50, 10, Affine.Identity), SliceAxis.K, k)))];

        IEnumerable<byte> Inside(byte[] slice) => Enumerable.Range(1, 40).SelectMany(y => slice.Skip((y * 60) + 2).Take(50));
    }

    [Fact]
    public void Fusion_lets_the_confident_passes_win()
    {
        var axial = new PassRecord(SliceAxis.K);
        axial.Slices[0] = new(new PixelBox(1, 1, 1, 1), [255], 0.2f);
        var sagittal = new PassRecord(SliceAxis.I);
        sagittal.Slices[1] = new(PixelBox.Empty, [], 0.9f);

        var fused = FusedObject.Fuse([axial, sagittal]);

        Assert.Equal(0, fused.Section(Grid, SliceAxis.K, 0).Count());
        Assert.Null(fused.LargestSection(SliceAxis.K));
    }

    [Fact]
    public void Largest_section_is_found_along_every_axis()
    {
        var record = new PassRecord(SliceAxis.K);
        record.Slices[0] = new(new PixelBox(0, 0, 3, 1), [200, 200, 200], 1);
        record.Slices[1] = new(new PixelBox(2, 0, 1, 2), [200, 200], 1);

        var fused = FusedObject.Fuse([record]);

        Assert.Equal(0, fused.LargestSection(SliceAxis.K));
        Assert.Equal(0, fused.LargestSection(SliceAxis.J));
        Assert.Equal(2, fused.LargestSection(SliceAxis.I));
    }

    [Fact]
    public void Passes_that_say_the_same_do_not_disagree()
    {
        var record = new PassRecord(SliceAxis.K);
        record.Slices[0] = new(new PixelBox(0, 0, 3, 1), [200, 200, 10], 1);
        var shifted = new PassRecord(SliceAxis.K);
        shifted.Slices[0] = new(new PixelBox(1, 0, 2, 1), [200, 200], 1);

        Assert.Equal(0, PassRecord.Disagreement(record, record));
        Assert.Equal(0.5, PassRecord.Disagreement(record, shifted));
        Assert.Equal(1, PassRecord.Disagreement(record, new PassRecord(SliceAxis.K)));
    }

    [Theory]
    [InlineData(OrientationChoice.Triplanar, MemoryBankKind.SelfSorting)]
    [InlineData(OrientationChoice.Six, MemoryBankKind.SelfSorting)]
    [InlineData(OrientationChoice.Auto, MemoryBankKind.SelfSorting)]
    [InlineData(OrientationChoice.Six, MemoryBankKind.Fifo)]
    public void Several_orientations_fuse_to_one_answer_with_an_uncertainty_map(OrientationChoice choice, MemoryBankKind bank)
    {
        using var session = new VolumeSession(
            nano.Model, BallVolume.CreateSmall(), new TrackingOptions { Bank = bank, AcceptedDisagreement = 0 });
        var prompted = session.Prompt(1, BallVolume.Box(new(5, 4, 19, 18), 5)).Mask.Pixels;

        var given = session.Propagate([1], PropagationRange.Whole with { Orientations = choice }).ToArray();

        Assert.Equal(Enumerable.Range(0, 10), given.Take(10).Select(m => m.Index).Order());
        Assert.Equal(prompted, session.MaskAt(1, SliceAxis.K, 5)!.Mask.Pixels);
        foreach (var again in given.Skip(10))
            Assert.Equal(again.Mask.Pixels, session.MaskAt(1, SliceAxis.K, again.Index)!.Mask.Pixels);
        var uncertainty = session.UncertaintyMap(1)!;
        Assert.Equal(session.Volume.Geometry, uncertainty.Geometry);
        Assert.All(((Float32Voxels)uncertainty.Voxels).Values, v => Assert.InRange(v, 0, 0.5f));
        Assert.Contains(((Float32Voxels)uncertainty.Voxels).Values, v => v > 0);
    }

    [Theory]
    [InlineData(OrientationChoice.Six, MemoryBankKind.SelfSorting)]
    [InlineData(OrientationChoice.Triplanar, MemoryBankKind.Fifo)]
    [InlineData(OrientationChoice.Auto, MemoryBankKind.SelfSorting)]
    public void What_was_broken_off_goes_on_to_what_would_have_come_and_tracks_no_slice_twice(OrientationChoice choice, MemoryBankKind bank)
    {
        var range = PropagationRange.Whole with { Orientations = choice };
        using var whole = Session();
        var steps = whole.PropagateInSteps([1], range).Count();

        // Broken off before its first slice, in each pass, and after its last one.
        using var broken = Session();
        foreach (var most in (int[])[1, 4, 6, 11, 13, 25, 40, 60, 1000, 1000])
            Assert.InRange(broken.PropagateInSteps([1], range).Take(most).Count(), 1, steps);

        Assert.Equal(whole.Capture(1), broken.Capture(1));
        using var restored = Session();
        restored.Restore(1, broken.Capture(1));
        Assert.Equal(10, restored.PropagateInSteps([1], range).Count());
        Assert.Equal(whole.Capture(1), restored.Capture(1));

        VolumeSession Session()
        {
            var session = new VolumeSession(nano.Model, BallVolume.CreateSmall(), new TrackingOptions { Bank = bank, AcceptedDisagreement = 0 });
            session.Prompt(1, BallVolume.Box(new(5, 4, 19, 18), 5));
            return session;
        }
    }

    [Fact]
    public void New_prompt_outdates_the_uncertainty()
    {
        using var session = new VolumeSession(nano.Model, BallVolume.CreateSmall());
        session.Prompt(1, BallVolume.Box(new(5, 4, 19, 18), 5));
        session.Propagate([1], PropagationRange.Whole with { Orientations = OrientationChoice.Auto }).Complete();
        Assert.NotNull(session.UncertaintyMap(1));

        session.Prompt(1, new(SliceAxis.K, 8, [new(12, 11)]));

        Assert.Null(session.UncertaintyMap(1));
        Assert.Null(session.UncertaintyMap(2));
    }
}
