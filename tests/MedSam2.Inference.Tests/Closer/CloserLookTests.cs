using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Closer;
using MedSam2.Inference.Features;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tests.Sessions;
using TorchSharp;
using Xunit;

namespace MedSam2.Inference.Tests.Closer;

/// <summary>Small balls in a large slice, which a closer look is for.</summary>
public sealed class CloserLookTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const int Side = 160;
    private const int Slices = 9;
    private const int Middle = 4;
    private static readonly Volume Image = Create();

    [Fact]
    public void A_small_object_is_seen_and_followed_better()
    {
        using var plain = Session(closer: false);
        using var closer = Session();
        var prompted = plain.Prompt(1, Box()).Mask;
        var promptedCloser = closer.Prompt(1, Box()).Mask;
        Propagate(plain);
        Propagate(closer);

        Assert.True(Dice(promptedCloser, Middle) > 0.9, $"{Dice(promptedCloser, Middle)}");
        Assert.True(Dice(promptedCloser, Middle) > Dice(prompted, Middle), $"{Dice(promptedCloser, Middle)}, plain {Dice(prompted, Middle)}");
        Assert.True(Dice(closer) > Dice(plain), $"{Dice(closer)}, plain {Dice(plain)}");
    }

    [Theory]
    [InlineData(true, CloserLook.PresenceMargin)]
    [InlineData(false, 0)]
    public void What_is_boxed_for_a_closer_look_must_be_surer_to_be_there_also_without_views(bool isBoxed, double margin)
    {
        // Three times as large as this box there is no slice.
        SlicePrompt prompt = isBoxed ? new(SliceAxis.K, Middle, [], new(40, 30, 125, 115)) : new(SliceAxis.K, Middle, [new(80, 60)]);

        Assert.Equal(margin, Presence(closer: false) - Presence(closer: true), 0.01);

        double Presence(bool closer)
        {
            using var session = Session(closer);
            session.Prompt(1, prompt);
            Propagate(session);
            var presence = session.Masks(1).Single(m => m.Index == Middle + 1).Presence;
            return Math.Log(presence / (1.0 - presence));
        }
    }

    [Fact]
    public void Passes_in_other_planes_know_nothing_of_an_earlier_closer_look()
    {
        var across = PropagationRange.Whole with { Orientations = OrientationChoice.Triplanar };
        using var session = Session();
        session.Prompt(1, Box());
        Propagate(session);
        using var other = Session();
        other.Restore(1, session.Capture(1)!);

        session.Propagate([1], across).Complete();
        other.Propagate([1], across).Complete();

        Assert.Equal(Presence(other), Presence(session));

        static float[] Presence(VolumeSession session) => [.. session.Masks(1).Select(m => m.Presence)];
    }

    [Fact]
    public void The_same_calls_give_the_same_masks()
    {
        using var first = Session();
        using var second = Session();

        Assert.Equal(Run(first), Run(second));
    }

    [Fact]
    public void An_object_put_back_answers_whatever_comes_next_as_it_would_have()
    {
        using var session = Session();
        session.Prompt(1, Box());
        Propagate(session);
        var state = session.Capture(1)!;
        var expected = GoOn(session);

        session.Restore(1, state);
        Assert.Equal(state, session.Capture(1));
        Assert.Equal(expected, GoOn(session));

        using var other = Session();
        other.Restore(1, state);
        Assert.Equal(state, other.Capture(1));
        Assert.Equal(expected, GoOn(other));

        static byte[] GoOn(VolumeSession session)
        {
            session.Prompt(1, new(SliceAxis.K, Middle + 2, [new(80, 60)]));
            Propagate(session);
            return All(session);
        }
    }

    [Fact]
    public void A_propagation_that_was_broken_off_goes_on_as_if_it_had_not_been()
    {
        using var whole = Session();
        whole.Prompt(1, Box());
        Propagate(whole);

        using var broken = Session();
        broken.Prompt(1, Box());
        broken.Propagate([1], PropagationRange.Whole).Take(5).Complete();
        using var resumed = Session();
        resumed.Restore(1, broken.Capture(1));
        Propagate(broken);
        Propagate(resumed);

        Assert.Equal(All(whole), All(broken));
        Assert.Equal(All(whole), All(resumed));
    }

    [Fact]
    public void A_prompt_chooses_for_its_object_from_then_on()
    {
        using var plain = Session(closer: false);
        using var closer = Session();
        var (asPlain, asCloser) = (Run(plain), Run(closer));
        Assert.NotEqual(asPlain, asCloser);

        using var chosen = Session(closer: false);
        Assert.Equal(asCloser, Run(chosen, choice: true));
        using var resumed = Session(closer: false);
        resumed.Restore(1, chosen.Capture(1));
        resumed.Prompt(1, Box() with { Replaces = true });
        closer.Prompt(1, Box() with { Replaces = true });
        Assert.Equal(All(closer), All(resumed));

        using var declined = Session();
        Assert.Equal(asPlain, Run(declined, choice: false));
        foreach (var (session, choice) in new (VolumeSession, bool?)[] { (plain, null), (resumed, false) })
        {
            session.ClearSlice(1, SliceAxis.K, Middle + 2); // it was corrected from what was seen, which was not the same
            session.Prompt(1, Box() with { Replaces = true, CloserLook = choice });
            Propagate(session);
        }

        Assert.Equal(All(plain), All(resumed));
    }

    [Fact]
    public void The_choice_outlives_a_reset_of_its_object()
    {
        using var session = Session(closer: false);
        using var closer = Session();
        session.Prompt(1, Box() with { CloserLook = true });
        Assert.True(session.ResetObject(1));

        Assert.Equal(closer.Prompt(1, Box()).Mask.Pixels, session.Prompt(1, Box()).Mask.Pixels);
    }

    [Fact]
    public void Clicks_alone_are_answered_as_without_it()
    {
        using var plain = Session(closer: false);
        using var closer = Session();

        Assert.Equal(Click(plain), Click(closer));

        static byte[] Click(VolumeSession session)
        {
            session.Prompt(1, new(SliceAxis.K, Middle, [new(80, 60)]));
            session.Prompt(1, new(SliceAxis.K, Middle, [new(110, 60, Include: false)]));
            Propagate(session);
            return All(session);
        }
    }

    [Fact]
    public void Another_object_changes_nothing()
    {
        using var alone = Session();
        alone.Prompt(1, Box());
        Propagate(alone);

        using var both = Session();
        both.Prompt(1, Box());
        both.Prompt(2, new(SliceAxis.K, Middle, [new(30, 120)]));
        both.Propagate([1, 2], PropagationRange.Whole).Complete();

        Assert.Equal(All(alone), All(both));
    }

    [Fact]
    public void A_correction_far_outside_of_the_views_takes_others()
    {
        using var session = Session();
        session.Prompt(1, Box());
        var corrected = session.Prompt(1, new(SliceAxis.K, Middle, [], new PromptBox(20, 20, 140, 140))).Mask;
        Assert.True(corrected.BoundingBox().Width > 60, $"{corrected.BoundingBox()}");

        Propagate(session);
        Assert.Equal(Slices, session.Known(1).Count());
    }

    [Fact]
    public void What_was_loaded_or_cleared_gets_its_views_when_it_is_followed()
    {
        using var session = Session();
        session.AddObject(1, SliceAxis.K, new Dictionary<int, Mask> { [Middle] = Truth(Middle) });
        Propagate(session);
        var loaded = Dice(session);
        Assert.True(loaded > 0.6, $"{loaded}");

        session.Prompt(1, new(SliceAxis.K, Middle + 1, [new(80, 60)]));
        Assert.True(session.ClearSlice(1, SliceAxis.K, Middle + 1));
        Propagate(session);
        Assert.Equal(loaded, Dice(session));
    }

    [Fact]
    public void A_correction_is_one_in_every_view_also_in_those_that_are_made_later()
    {
        var (model, options, window) = (nano.Model, new TrackingOptions(), Image.Window!.Value);
        FeatureCache cache = null!;
        cache = new(model.Features, 64 << 20, 1, (view, indices) => SliceEncoding.Run(model, indices, n => Stack(view).Input(n, window)));
        using var known = new SegmentedObject(1, model.Configuration, options) { IsSeenCloser = true };
        var look = new CloserLook(Image.Geometry, axis => Segmenter(axis), (axis, region, id) => new(region, Segmenter(new(axis, region)), new SegmentedObject(id, model.Configuration, options)));
        var stack = known.Stack(SliceAxis.K);
        Prompt(Middle, new([], Box().Box, null));
        stack.Masks[Middle + 2] = stack.Masks[Middle]; // as if it had been tracked
        Prompt(Middle + 2, new([new(80, 60)], null, null));

        AssertMarked();
        stack.Closer = [];
        look.Prepare(known, SliceAxis.K);
        AssertMarked();
        cache.Dispose();

        VolumeStack Stack(StackView view) => new(Image, view, model.Configuration, cache);
        StackSegmenter Segmenter(StackView view) => new(model.Network, model.Features, Stack(view), options);

        void Prompt(int slice, SlicePrompts prompts)
        {
            using var answer = Segmenter(SliceAxis.K).Decode(slice, prompts, stack);
            look.Prompt(known, SliceAxis.K, slice, prompts, answer, isAfresh: false);
        }

        void AssertMarked()
        {
            Assert.Equal(2, stack.Closer.Count);
            Assert.All([stack, .. stack.Closer.Select(v => v.Inside.Stack(SliceAxis.K))], s => Assert.Equal([(Middle, false), (Middle + 2, true)], s.Memory.Pinned.Select(p => (p.Key, p.Value.IsCorrection))));
        }
    }

    [Theory]
    [InlineData(MemoryBankKind.SelfSorting)]
    [InlineData(MemoryBankKind.Fifo)]
    public void No_tensor_is_left_behind(MemoryBankKind bank)
    {
        Go();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Go();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Go()
        {
            using var session = new VolumeSession(nano.Model, Image, new TrackingOptions { Bank = bank, CloserLook = true, FeatureCacheBytes = 4 << 20 });
            session.Prompt(1, Box());
            session.Propagate([1], PropagationRange.Whole).Take(4).Complete();
            session.Prompt(1, new(SliceAxis.K, Middle + 1, [new(80, 60), new(5, 5, Include: false)]));
            session.Prompt(1, new(SliceAxis.K, Middle, [], new PromptBox(20, 20, 140, 140)));
            session.Restore(1, session.Capture(1));
            Propagate(session);
            session.Prompt(1, Box() with { CloserLook = false });
            Propagate(session);
            session.Prompt(1, Box() with { CloserLook = true });
            session.ClearSlice(1, SliceAxis.K, Middle);
            session.Prompt(1, Box());
            session.ResetObject(1);
        }
    }

    private static byte[] Run(VolumeSession session, bool? choice = null)
    {
        session.Prompt(1, Box() with { CloserLook = choice });
        Propagate(session);
        session.Prompt(1, new(SliceAxis.K, Middle + 2, [new(80, 60)]));
        Propagate(session);
        return All(session);
    }

    private VolumeSession Session(bool closer = true) => new(nano.Model, Image, new TrackingOptions { CloserLook = closer });

    private static SlicePrompt Box() => BallVolume.Box(new(74, 54, 86, 66), Middle);

    private static void Propagate(VolumeSession session) => session.Propagate([1], PropagationRange.Whole).Complete();

    private static byte[] All(VolumeSession session) => [.. session.Masks(1).OrderBy(m => m.Index).SelectMany(m => m.Mask.Pixels)];

    private static double Dice(Mask mask, int slice) => Dice([.. mask.Pixels], Truth(slice).Pixels);

    private static double Dice(VolumeSession session) => Dice(All(session), [.. Enumerable.Range(0, Slices).SelectMany(k => Truth(k).Pixels)]);

    private static double Dice(byte[] a, byte[] b) => 2.0 * a.Zip(b).Count(p => p is (1, 1)) / (a.Count(p => p == 1) + b.Count(p => p == 1));

    private static Mask Truth(int slice)
    {
        var mask = new Mask(Side, Side);
        for (var n = 0; n < mask.Pixels.Length; n++)
            mask.Pixels[n] = IsInside(n % Side, n / Side, slice, 80, 60) ? (byte)1 : (byte)0;
        return mask;
    }

    private static bool IsInside(int x, int y, int slice, int middleX, int middleY) =>
        ((x - middleX) * (x - middleX)) + ((y - middleY) * (y - middleY)) + ((slice - Middle) * (slice - Middle) * 4) <= 36;

    private static Volume Create()
    {
        var geometry = new VolumeGeometry(Side, Side, Slices, new Affine(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), Vector3D.Zero));
        var voxels = new short[geometry.VoxelCount];
        var random = new Random(5);
        for (var n = 0; n < voxels.Length; n++)
        {
            var (i, j, k) = (n % Side, n / Side % Side, n / (Side * Side));
            var inside = IsInside(i, j, k, 80, 60) || IsInside(i, j, k, 30, 120);
            voxels[n] = (short)((inside ? 140 : 60) + random.Next(20));
        }

        return new Volume(geometry, new Int16Voxels(voxels), "CT", new IntensityWindow(0, 255));
    }
}
