using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using TorchSharp;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class ObjectStateTests(NanoModel nano) : IClassFixture<NanoModel>
{
    public static TheoryData<MemoryBankKind> Banks => [MemoryBankKind.SelfSorting, MemoryBankKind.Fifo, MemoryBankKind.Released2D];

    [Theory]
    [MemberData(nameof(Banks))]
    public void An_object_put_back_answers_whatever_comes_next_as_it_would_have(MemoryBankKind bank)
    {
        using var session = Session(bank);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Propagate([1], PropagationRange.Whole).Complete();
        var state = session.Capture(1)!;
        var expected = GoOn(session);

        session.Restore(1, state);
        Assert.Equal(state, session.Capture(1));
        Assert.Equal(expected, GoOn(session));

        // Not only there: in a session that never saw how it came about, too.
        using var other = Session(bank);
        other.Restore(1, state);
        Assert.Equal(state, other.Capture(1));
        Assert.Equal(expected, GoOn(other));
    }

    [Fact]
    public void The_spread_between_orientations_is_part_of_an_object()
    {
        using var session = new VolumeSession(nano.Model, BallVolume.CreateSmall());
        session.Prompt(1, BallVolume.Box(new(5, 4, 19, 18), 5));
        var before = session.Capture(1);
        session.Propagate([1], PropagationRange.Whole with { Orientations = OrientationChoice.Triplanar }).Complete();
        var state = session.Capture(1)!;
        var spread = Spread(session);
        Assert.Contains(spread, s => s.AsSpan().ContainsAnyExcept((byte)0));

        session.Restore(1, before);
        Assert.Null(session.UncertaintyAt(1, SliceAxis.K, 5));
        session.Restore(1, state);
        Assert.Equal(spread, Spread(session));
        Assert.Equal(state, session.Capture(1));
        using var other = new VolumeSession(nano.Model, BallVolume.CreateSmall());
        other.Restore(1, state);
        Assert.Equal(spread, Spread(other));

        static byte[][] Spread(VolumeSession session) => [.. Enumerable.Range(0, 10).Select(k => session.UncertaintyAt(1, SliceAxis.K, k)!)];
    }

    [Theory]
    [InlineData(1)] // before there was a spread in it
    [InlineData(2)] // before closer views
    [InlineData(3)] // before an object had a choice of its own about them
    public void An_object_that_an_earlier_layout_kept_comes_back_with_all_that_it_had(byte layout)
    {
        const int Views = 2 * sizeof(int), Choice = 1, Spread = 1; // the last bytes of an object without either
        using var session = Session(MemoryBankKind.SelfSorting);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Propagate([1], PropagationRange.Whole).Take(3).Complete();
        var state = session.Capture(1)!;
        var kept = state.AsSpan(1, state.Length - 1 - Views - Choice - (layout == 1 ? Spread : 0));
        byte[] earlier = [layout, .. kept, .. layout == 3 ? state.AsSpan(state.Length - Views) : []];

        using var other = Session(MemoryBankKind.SelfSorting);
        other.Restore(1, earlier);
        Assert.Equal(state, other.Capture(1));

        // Whether it is seen closer was the session's to say.
        using var closer = new VolumeSession(nano.Model, BallVolume.Create(), new TrackingOptions { CloserLook = true });
        closer.Restore(1, earlier);
        Assert.NotEqual(state, closer.Capture(1));
        Assert.Equal(state.Length, closer.Capture(1)!.Length);
    }

    [Fact]
    public void A_propagation_that_was_broken_off_goes_on_from_a_state_as_it_would_have()
    {
        using var whole = Session(MemoryBankKind.SelfSorting);
        whole.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var expected = Pixels(whole.Propagate([1], PropagationRange.Whole));

        using var broken = Session(MemoryBankKind.SelfSorting);
        broken.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        broken.Propagate([1], PropagationRange.Whole).Take(6).Complete();
        using var resumed = Session(MemoryBankKind.SelfSorting);
        resumed.Restore(1, broken.Capture(1));

        Assert.Equal(expected, Pixels(resumed.Propagate([1], PropagationRange.Whole)));
    }

    [Fact]
    public void Objects_come_back_to_their_place_among_the_others()
    {
        using var session = Session(MemoryBankKind.SelfSorting);
        foreach (var id in (int[])[7, 3, 5])
            session.Prompt(id, BallVolume.Box(BallVolume.FirstBall, slice: id));
        var state = session.Capture(3);
        session.RemoveObject(3);
        session.Restore(3, state);
        Assert.Equal([7, 3, 5], session.ObjectIds);
        session.Restore(7, null);
        Assert.Equal([3, 5], session.ObjectIds);
    }

    [Fact]
    public void A_restored_object_overtakes_the_propagation_that_walks_it_and_no_other()
    {
        using var session = Session(MemoryBankKind.SelfSorting);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Prompt(2, BallVolume.Box(BallVolume.SecondBall));
        var state = session.Capture(1);
        using (var first = session.PropagateInSteps([1], PropagationRange.Whole).GetEnumerator())
        using (var second = session.PropagateInSteps([2], PropagationRange.Whole).GetEnumerator())
        {
            Assert.True(first.MoveNext() && first.MoveNext() && second.MoveNext());
            session.Restore(1, state);
            Assert.Throws<OvertakenException>(() => first.MoveNext());
            Assert.True(second.MoveNext());
        }

        session.RemoveObject(1);
    }

    [Fact]
    public void Clearing_the_last_prompted_slice_forgets_all_masks_and_keeps_the_object()
    {
        using var session = Session(MemoryBankKind.SelfSorting);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall, slice: 8));
        session.Propagate([1], PropagationRange.Whole).Complete();

        Assert.False(session.ClearSlice(1, SliceAxis.K, 3));
        Assert.True(session.ClearSlice(1, SliceAxis.K, 8));
        Assert.Null(session.KnownAt(1, SliceAxis.K, 8));
        Assert.Equal(BallVolume.Slices - 1, session.Known(1).Count());
        Assert.True(session.ClearSlice(1, SliceAxis.K, BallVolume.Middle));
        Assert.Empty(session.Known(1));
        Assert.Equal([1], session.ObjectIds);
    }

    [Fact]
    public void A_prompt_that_replaces_answers_as_a_first_one()
    {
        using var fresh = Session(MemoryBankKind.SelfSorting);
        var expected = fresh.Prompt(1, BallVolume.Box(BallVolume.FirstBall)).Mask.Pixels;

        using var session = Session(MemoryBankKind.SelfSorting);
        session.Prompt(1, new(SliceAxis.K, BallVolume.Middle, [new(46, 44), new(3, 3)]));
        var replaced = session.Prompt(1, BallVolume.Box(BallVolume.FirstBall) with { Replaces = true });

        Assert.Equal(expected, replaced.Mask.Pixels);
        Assert.Empty(Assert.Single(session.PromptsOf(1)).Points);
    }

    [Fact]
    public void Loaded_masks_stay_as_they_are_and_what_lies_between_follows_from_them()
    {
        using var session = Session(MemoryBankKind.SelfSorting);
        var masks = new Dictionary<int, Mask> { [4] = Square(8), [6] = Square(10), [8] = Square(6) };
        session.AddObject(9, SliceAxis.K, masks);
        session.Propagate([9], PropagationRange.Whole).Complete();

        foreach (var (index, mask) in masks)
            Assert.Equal(mask.Pixels, session.MaskAt(9, SliceAxis.K, index)!.Mask.Pixels);
        Assert.Equal(BallVolume.Slices, session.Known(9).Count());

        // The one that was pinned goes; another takes its place.
        Assert.True(session.ClearSlice(9, SliceAxis.K, 6));
        session.Propagate([9], PropagationRange.Whole).Complete();
        session.Prompt(9, new(SliceAxis.K, 8, [new(22, 24)]));
        session.Propagate([9], PropagationRange.Whole).Complete();
    }

    [Fact]
    public void Undoing_and_redoing_leaves_no_tensor_behind()
    {
        UndoAndRedo();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        UndoAndRedo();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Reach_and_view_say_which_slices_come_and_in_which_order()
    {
        using var session = Session(MemoryBankKind.SelfSorting);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        Assert.Equal([6, 7, 5, 8, 4], session.Propagate([1], new(Direction: PropagationDirection.Both) { Reach = 2 }).Select(m => m.Index));
        Assert.Equal([6, 5, 7, 4, 8], session.Propagate([1], new() { Reach = 2, View = 2 }).Select(m => m.Index));
    }

    private void UndoAndRedo()
    {
        foreach (var bank in (MemoryBankKind[])[MemoryBankKind.SelfSorting, MemoryBankKind.Fifo])
        {
            using var session = Session(bank);
            session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
            var first = session.Capture(1);
            session.Propagate([1], PropagationRange.Whole).Take(4).Complete();
            var second = session.Capture(1);
            for (var n = 0; n < 3; n++)
            {
                session.Restore(1, first);
                session.Restore(1, second);
            }

            session.Propagate([1], PropagationRange.Whole).Take(5).Complete();
            session.AddObject(2, SliceAxis.K, new Dictionary<int, Mask> { [3] = Square(5), [4] = Square(6) });
            session.ClearSlice(2, SliceAxis.K, 4);
            session.ResetObject(1);
            Assert.Throws<InvalidDataException>(() => session.Restore(1, [99]));
            session.Restore(1, null);
        }
    }

    /// <summary>A correction on a tracked slice, which looks at the bank, and what follows from it.</summary>
    private static string[] GoOn(VolumeSession session) =>
    [
        Convert.ToHexString(session.Prompt(1, new(SliceAxis.K, 9, [new(22, 24), new(2, 2, false)])).Mask.Pixels),
        .. Pixels(session.Propagate([1], PropagationRange.Whole)),
        Convert.ToHexString(session.Capture(1)!),
    ];

    private static string[] Pixels(IEnumerable<SliceMask> masks) =>
        masks.OrderBy(m => m.Index).Select(m => Convert.ToHexString(m.Mask.Pixels)).ToArray();

    private static Mask Square(int side)
    {
        var mask = new Mask(BallVolume.Side, BallVolume.Side);
        for (var y = 24 - side; y < 24 + side; y++)
            mask.Pixels.AsSpan((y * BallVolume.Side) + 22 - side, 2 * side).Fill(1);
        return mask;
    }

    private VolumeSession Session(MemoryBankKind bank) => new(nano.Model, BallVolume.Create(), new TrackingOptions { Bank = bank });
}
