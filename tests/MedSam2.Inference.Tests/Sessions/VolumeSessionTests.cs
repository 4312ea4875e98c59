using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class VolumeSessionTests(NanoModel nano) : IClassFixture<NanoModel>
{
    public static TheoryData<MemoryBankKind> Banks =>
        [MemoryBankKind.SelfSorting, MemoryBankKind.Fifo, MemoryBankKind.Threshold, MemoryBankKind.Released2D];

    [Fact]
    public void Box_prompt_answers_with_a_mask_inside_the_slice()
    {
        using var session = Session();

        var answer = session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

        Assert.Equal((BallVolume.Side, BallVolume.Side), (answer.Mask.Width, answer.Mask.Height));
        Assert.InRange(answer.Mask.Count(), 100, 700);
        Assert.True(answer.Mask[22, 24]);
        Assert.InRange(answer.PredictedIou, 0, 1);
        Assert.InRange(answer.Presence, 0.5f, 1);
    }

    [Fact]
    public void One_click_offers_other_readings()
    {
        using var session = Session();

        var answer = session.Prompt(1, new(SliceAxis.K, BallVolume.Middle, [new(22, 24)]));

        Assert.Equal(2, answer.Alternatives.Count);
        Assert.True(answer.PredictedIou >= answer.Alternatives[0].PredictedIou);
        Assert.True(answer.Alternatives[0].PredictedIou >= answer.Alternatives[1].PredictedIou);
    }

    [Fact]
    public void Drawn_mask_is_the_answer_as_it_is()
    {
        using var session = Session();
        var drawn = DrawnSquare();

        var answer = session.Prompt(1, new(SliceAxis.K, BallVolume.Middle, [], null, drawn));

        Assert.Equal(drawn.Pixels, answer.Mask.Pixels);
        Assert.Equal(drawn.Pixels, session.MaskAt(1, SliceAxis.K, BallVolume.Middle)!.Mask.Pixels);
    }

    [Fact]
    public void A_slice_that_is_said_to_be_without_the_object_does_not_take_it_from_the_others()
    {
        using var model = SegmentationModel.Load(RepositoryPaths.NanoModel); // not every network takes an empty mask so well
        using var session = new VolumeSession(model, BallVolume.Create());
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var before = session.Propagate([1], PropagationRange.Whole).ToDictionary(m => m.Index, m => m.Mask.Count());

        session.Prompt(1, new(SliceAxis.K, BallVolume.Middle + 2, [], null, new Mask(BallVolume.Side, BallVolume.Side)));
        var after = session.Propagate([1], PropagationRange.Whole).ToDictionary(m => m.Index, m => m.Mask.Count());

        Assert.Equal(0, after[BallVolume.Middle + 2]);
        foreach (var (slice, count) in before.Where(b => b.Key != BallVolume.Middle + 2))
            Assert.InRange(after[slice], count * 0.7, count / 0.7);
    }

    [Theory]
    [MemberData(nameof(Banks))]
    public void Propagation_reaches_every_slice_once_nearest_first_by_turns(MemoryBankKind bank)
    {
        using var session = Session(new TrackingOptions { Bank = bank });
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

        var order = session.Propagate([1], PropagationRange.Whole).Select(m => m.Index).ToArray();

        Assert.Equal([6, 7, 5, 8, 4, 9, 3, 10, 2, 11, 1, 0], order);
    }

    [Fact]
    public void Propagation_one_way_stays_on_that_side()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

        var up = session.Propagate([1], new(SliceAxis.K, Direction: PropagationDirection.Forward)).Select(m => m.Index);
        Assert.Equal([6, 7, 8, 9, 10, 11], up);
        var down = session.Propagate([1], new(SliceAxis.K, 4, 20, PropagationDirection.Backward)).Select(m => m.Index);
        Assert.Equal([6, 5, 4], down);
    }

    [Theory]
    [InlineData(MemoryResampling.Expected)]
    [InlineData(MemoryResampling.Stochastic)]
    public void Same_calls_give_the_same_masks(MemoryResampling resampling)
    {
        var options = new TrackingOptions { Resampling = resampling, Seed = 7, Temperature = 0.1 };

        Assert.Equal(Track(options), Track(options));
    }

    [Fact]
    public void Masks_do_not_depend_on_how_many_encoded_slices_fit()
    {
        Assert.Equal(Track(new TrackingOptions()), Track(new TrackingOptions { FeatureCacheBytes = 0 }));
    }

    [Fact]
    public void Slices_that_fit_are_encoded_once()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Propagate([1], PropagationRange.Whole).Complete();
        session.Prompt(1, new(SliceAxis.K, 9, [new(22, 24)]));
        session.Propagate([1], PropagationRange.Whole).Complete();

        Assert.Equal(BallVolume.Slices, session.EncodedSliceCount);
    }

    [Fact]
    public void Broken_off_propagation_goes_on_to_the_same_masks()
    {
        using var whole = Session();
        whole.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var expected = Pixels(whole.Propagate([1], PropagationRange.Whole));

        using var broken = Session();
        broken.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        broken.Propagate([1], PropagationRange.Whole).Take(5).Complete();

        Assert.Equal(expected, Pixels(broken.Propagate([1], PropagationRange.Whole)));
    }

    [Fact]
    public void Cancelling_stops_before_the_next_slice()
    {
        using var session = Session();
        using var cancellation = new CancellationTokenSource();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var seen = 0;

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var mask in session.Propagate([1], PropagationRange.Whole, cancellation.Token))
            {
                if (++seen == 3)
                    cancellation.Cancel();
            }
        });

        Assert.Equal(3, seen);
    }

    [Fact]
    public void Objects_together_are_tracked_as_alone()
    {
        using var together = Session();
        together.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        together.Prompt(2, BallVolume.Box(BallVolume.SecondBall));
        var both = together.Propagate([1, 2], PropagationRange.Whole).ToLookup(m => m.ObjectId);

        foreach (var (id, box) in new[] { (1, BallVolume.FirstBall), (2, BallVolume.SecondBall) })
        {
            using var alone = Session();
            alone.Prompt(id, BallVolume.Box(box));
            var masks = alone.Propagate([id], PropagationRange.Whole).ToArray();
            foreach (var (single, shared) in masks.Zip(both[id]))
            {
                var different = single.Mask.Pixels.Zip(shared.Mask.Pixels).Count(p => p.First != p.Second);
                Assert.InRange(different, 0, 4); // rounding of batched arithmetic
            }
        }
    }

    [Fact]
    public void Object_added_late_does_not_disturb_the_others()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var before = Pixels(session.Propagate([1], PropagationRange.Whole));

        session.Prompt(2, BallVolume.Box(BallVolume.SecondBall, 8));
        var after = Pixels(session.Propagate([1, 2], PropagationRange.Whole).Where(m => m.ObjectId == 1));

        Assert.Equal(before, after);
    }

    [Fact]
    public void Correction_re_tracks_its_object_alone_and_keeps_prompted_slices()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Prompt(2, BallVolume.Box(BallVolume.SecondBall));
        session.Propagate([1, 2], PropagationRange.Whole).Complete();
        var prompted = session.MaskAt(1, SliceAxis.K, BallVolume.Middle)!.Mask.Pixels;
        var other = Pixels(session.Masks(2));

        var correction = session.Prompt(1, new(SliceAxis.K, 9, [], null, DrawnSquare()));
        session.Propagate([1, 2], PropagationRange.Whole).Complete();

        Assert.Equal(prompted, session.MaskAt(1, SliceAxis.K, BallVolume.Middle)!.Mask.Pixels);
        Assert.Equal(correction.Mask.Pixels, session.MaskAt(1, SliceAxis.K, 9)!.Mask.Pixels);
        Assert.Equal(other, Pixels(session.Masks(2)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Late_correction_changes_the_slices_beside_it(bool isDrawn)
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        var before = session.Propagate([1], PropagationRange.Whole).ToDictionary(m => m.Index);

        session.Prompt(1, isDrawn ? new(SliceAxis.K, 9, [], null, DrawnSquare()) : new(SliceAxis.K, 9, [new(34, 24)]));
        var after = session.Propagate([1], PropagationRange.Whole).ToDictionary(m => m.Index);

        // So clear a ball may keep its very pixels on one of them; what the network thinks of them changes with its memories.
        Assert.Contains(new[] { 8, 10 }, slice => !before[slice].Mask.Pixels.SequenceEqual(after[slice].Mask.Pixels));
        foreach (var slice in new[] { 8, 10 })
        {
            Assert.NotEqual((before[slice].PredictedIou, before[slice].Presence), (after[slice].PredictedIou, after[slice].Presence));
            Assert.Equal(after[slice].Mask.Pixels, session.MaskAt(1, SliceAxis.K, slice)!.Mask.Pixels);
        }
    }

    [Fact]
    public void Click_on_a_tracked_slice_corrects_it()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Propagate([1], PropagationRange.Whole).Complete();
        var tracked = session.MaskAt(1, SliceAxis.K, 8)!.Mask.Pixels;

        var corrected = session.Prompt(1, new(SliceAxis.K, 8, [new(34, 24)]));

        Assert.NotEqual(tracked, corrected.Mask.Pixels);
        Assert.Equal(corrected.Mask.Pixels, session.MaskAt(1, SliceAxis.K, 8)!.Mask.Pixels);
    }

    [Fact]
    public void Prompting_during_a_propagation_of_the_same_object_is_an_error()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        using var masks = session.Propagate([1], PropagationRange.Whole).GetEnumerator();
        masks.MoveNext();

        session.Prompt(1, new(SliceAxis.K, 8, [new(22, 24)]));

        Assert.Throws<OvertakenException>(() => masks.MoveNext());
    }

    [Fact]
    public void Label_map_holds_each_object_and_the_first_on_top()
    {
        using var session = Session();
        session.Prompt(7, new(SliceAxis.K, 3, [], null, DrawnSquare()));
        session.Prompt(9, BallVolume.Box(BallVolume.SecondBall, 3));
        session.Prompt(9, new(SliceAxis.K, 4, [], null, DrawnSquare()));
        session.Prompt(7, new(SliceAxis.K, 4, [], null, DrawnSquare()));

        var own = session.ToLabelMap();
        var named = session.ToLabelMap(new Dictionary<int, byte> { [7] = 3 });

        Assert.Equal(DrawnSquare().Pixels, own.ReadSlice(SliceAxis.K, 3, 7).Pixels);
        Assert.Equal(session.MaskAt(9, SliceAxis.K, 3)!.Mask.Count(), own.ReadSlice(SliceAxis.K, 3, 9).Count());
        Assert.Equal(DrawnSquare().Pixels, own.ReadSlice(SliceAxis.K, 4, 7).Pixels);
        Assert.Equal(0, own.ReadSlice(SliceAxis.K, 4, 9).Count());
        Assert.Equal(2 * DrawnSquare().Count(), named.Labels.Count(l => l == 3));
        Assert.DoesNotContain((byte)9, named.Labels);
    }

    [Fact]
    public void Prompts_work_on_every_axis()
    {
        using var session = Session();

        // Rows of the coronal and sagittal slices are the volume's twelve slices.
        var coronal = session.Prompt(1, new(SliceAxis.J, 24, [], new PromptBox(12, 2, 32, 10)));
        var sagittal = session.Prompt(1, new(SliceAxis.I, 22, [new(24, 6)]));

        Assert.Equal((64, 12), (coronal.Mask.Width, coronal.Mask.Height));
        Assert.True(coronal.Mask[22, 6]);
        Assert.Equal((64, 12), (sagittal.Mask.Width, sagittal.Mask.Height));
    }

    [Fact]
    public void Prompts_that_cannot_be_followed_are_refused_and_change_nothing()
    {
        using var session = Session();
        Refused(new(SliceAxis.K, 12, [new(1, 1)]), "Slice 12");
        Refused(new(SliceAxis.K, -1, [new(1, 1)]), "Slice -1");
        Refused(new(SliceAxis.K, 0, []), "empty");
        Refused(new(SliceAxis.K, 0, [new(64, 1)]), "outside");
        Refused(new(SliceAxis.K, 0, [new(double.NaN, 1)]), "outside");
        Refused(new(SliceAxis.K, 0, [], new PromptBox(3, 3, 3, 9)), "flat");
        Refused(new(SliceAxis.K, 0, [], new PromptBox(0, 0, 90, 9)), "outside");
        Refused(new(SliceAxis.K, 0, [], null, new Mask(3, 3)), "64 x 64");
        Refused(new(SliceAxis.K, 0, [new(1, 1)], null, new Mask(64, 64)), "alone");
        Refused(new((SliceAxis)9, 0, [new(1, 1)]), "axis");
        Refused(new(SliceAxis.K, 0, [.. Enumerable.Repeat(new PromptPoint(1, 1), 200)]), "128");

        Assert.Empty(session.ObjectIds);

        void Refused(SlicePrompt prompt, string cause) =>
            Assert.Contains(cause, Assert.Throws<PromptException>(() => session.Prompt(1, prompt)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Propagations_that_cannot_be_followed_are_refused_at_the_call()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

        Assert.Throws<PromptException>(() => session.Propagate([2], PropagationRange.Whole));
        Assert.Throws<PromptException>(() => session.Propagate([1], new(SliceAxis.J)));
        Assert.Throws<PromptException>(() => session.Propagate([1], new(SliceAxis.K, 20, 30)));
    }

    [Fact]
    public void Removed_object_is_gone()
    {
        using var session = Session();
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

        Assert.True(session.RemoveObject(1));
        Assert.False(session.RemoveObject(1));
        Assert.DoesNotContain((byte)1, session.ToLabelMap().Labels);
    }

    private static Mask DrawnSquare()
    {
        var mask = new Mask(BallVolume.Side, BallVolume.Side);
        for (var y = 20; y < 30; y++)
            mask.Pixels.AsSpan((y * BallVolume.Side) + 20, 10).Fill(1);
        return mask;
    }

    private static List<string> Pixels(IEnumerable<SliceMask> masks) =>
        [.. masks.Select(m => $"{m.Index} {m.PredictedIou} {Convert.ToHexString(m.Mask.Pixels)}")];

    private List<string> Track(TrackingOptions options)
    {
        using var session = Session(options);
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        return Pixels(session.Propagate([1], PropagationRange.Whole));
    }

    private VolumeSession Session(TrackingOptions? options = null) => new(nano.Model, BallVolume.Create(), options);
}
