using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Sessions.State;
using MedSam2.Inference.Tests.Golden;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>
/// With <see cref="TrackingOptions.Sam2"/> a session is SAM 2 (section 3 of the method): what it holds of every slice is, to the bit, what
/// the reference predictor holds that the golden sequences drive. Slices are square and of the network's size here, so that both see the same pixels.
/// </summary>
public sealed class Sam2SessionTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const int Side = 128;
    private const int Start = 5;

    private static readonly PromptBox FirstBall = new(24, 28, 64, 68);
    private static readonly PromptBox SecondBall = new(76, 72, 108, 104);

    [Fact]
    public void Tracking_forward_from_a_box_is_that_of_Sam_2()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);

        pair.Forward(Start);

        Assert.Equal([6, 7, 8, 9, 10, 11], pair.TrackedSlices(1));
        pair.AssertEqual();
    }

    [Fact]
    public void Tracking_forward_and_then_backward_is_that_of_Sam_2()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);

        pair.Forward(Start);
        pair.Backward(Start);

        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11], pair.TrackedSlices(1));
        pair.AssertEqual();
    }

    [Fact]
    public void Several_objects_and_prompts_of_every_kind_before_tracking_are_those_of_Sam_2()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);
        pair.Points(1, Start, new PromptPoint(44, 48), new PromptPoint(10, 10, Include: false)); // which corrects the box's mask
        pair.Box(1, Start + 4, FirstBall);
        pair.Points(2, Start, new PromptPoint(92, 88));

        pair.Forward(Start);

        pair.AssertEqual();
    }

    [Fact]
    public void More_slices_than_are_held_change_nothing_in_one_direction()
    {
        using var pair = new Pair(nano.Model, slices: 76);
        pair.Box(1, 1, FirstBall);

        pair.Forward(1);

        Assert.Equal(64, pair.TrackedSlices(1).Count());
        pair.AssertEqual();
    }

    [Fact]
    public void Both_ways_by_turns_only_the_order_of_the_slices_is_not_that_of_Sam_2()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);

        pair.Session.Propagate([1], PropagationRange.Whole).Complete();
        pair.TrackReference(VisitingOrder.Create([Start], 0, 11, PropagationDirection.Both));

        pair.AssertEqual();
    }

    [Fact]
    public void A_click_on_a_tracked_slice_is_a_conditioning_frame_of_Sam_2_that_begins_from_the_mask_that_is_seen()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);
        pair.Forward(Start);

        pair.CorrectFromTheMask(1, Start + 3, new PromptPoint(66, 48));
        pair.Forward(Start);

        pair.AssertEqual();
    }

    [Fact]
    public void A_further_click_on_a_prompted_slice_corrects_it_as_before_tracking()
    {
        using var pair = new Pair(nano.Model, slices: 12);
        pair.Box(1, Start, FirstBall);
        pair.Forward(Start);

        // SAM 2 would decode it in the light of memories from now on, among them that of the slice itself.
        pair.Points(1, Start, new PromptPoint(60, 48, Include: false));
        pair.Forward(Start);

        pair.AssertEqual();
    }

    /// <summary>A session and the reference predictor, told the same.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly SegmentationModel model;
        private readonly VideoFrames frames;
        private readonly ReferencePredictor reference;
        private readonly int slices;

        public Pair(SegmentationModel model, int slices)
        {
            this.model = model;
            this.slices = slices;
            Assert.Equal(Side, model.Configuration.ImageSize);
            var grey = Balls(slices);
            var geometry = new VolumeGeometry(Side, Side, slices, Affine.Identity);
            short[] voxels = [.. grey.SelectMany(slice => slice).Select(v => (short)v)];
            Session = new VolumeSession(model, new Volume(geometry, new Int16Voxels(voxels), "CT", new IntensityWindow(0, 255)), TrackingOptions.Sam2);
            frames = new VideoFrames(model.Network, [.. grey.Select(slice => slice.SelectMany(v => new[] { v, v, v }).ToArray())]);
            reference = new ReferencePredictor(model.Network, frames, CorrectionRule.Conditioning);
        }

        public VolumeSession Session { get; }

        public void Box(int id, int slice, PromptBox box)
        {
            Session.Prompt(id, new(SliceAxis.K, slice, [], box));
            reference.AddPoints(slice, id, [(float)box.X0, (float)box.Y0, (float)box.X1, (float)box.Y1], [2, 3], clearOld: true).Dispose();
        }

        public void Points(int id, int slice, params PromptPoint[] points)
        {
            Session.Prompt(id, new(SliceAxis.K, slice, points));
            reference.AddPoints(slice, id, Coordinates(points), Labels(points), clearOld: false).Dispose();
        }

        /// <summary>SAM 2 begins a correction from the logits that it tracked, a session from the mask that it has shown.</summary>
        public void CorrectFromTheMask(int id, int slice, params PromptPoint[] points)
        {
            using var scope = new InferenceScope();
            var seen = Session.MaskAt(id, SliceAxis.K, slice)!.Mask;
            Session.Prompt(id, new(SliceAxis.K, slice, points));
            var memory = reference.Objects[id].Memory;
            var prompt = new SamPrompt { PointCoords = tensor(Coordinates(points)).view(1, -1, 2), PointLabels = tensor(Labels(points)).view(1, -1) };
            var previous = Sam2Model.LogitsOfMask(NetworkInput.FromMask(seen, SlicePlacement.Stretch(Side, Side, Side)));
            using var answer = reference.Tracker.Prompt(slice, prompt, previous, memory);
            memory.Pin(reference.Tracker.ToMemory(slice, answer));
        }

        public void Forward(int start)
        {
            Session.Propagate(Session.ObjectIds, PropagationRange.Whole with { Direction = PropagationDirection.Forward }).Complete();
            TrackReference(VisitingOrder.Create([start], 0, slices - 1, PropagationDirection.Forward));
        }

        public void Backward(int start)
        {
            Session.Propagate(Session.ObjectIds, PropagationRange.Whole with { Direction = PropagationDirection.Backward }).Complete();
            TrackReference(VisitingOrder.Create([start], 0, slices - 1, PropagationDirection.Backward));
        }

        public void TrackReference(IEnumerable<Visit> visits)
        {
            using var scope = new InferenceScope();
            reference.Preflight((_, memory) => reference.Tracker.EncodePrompted(memory));
            foreach (var visit in visits)
            {
                VideoObject[] open = [.. reference.Objects.Values.Where(o => !reference.IsFinal(visit.Slice, o))];
                foreach (var answer in open.Length == 0 ? [] : reference.Tracker.Track(visit, [.. open.Select(o => o.Memory)]))
                    answer.Dispose();
            }
        }

        public IEnumerable<int> TrackedSlices(int id)
        {
            using var held = Held(id);
            return [.. ((FifoMemory)held.Stack(SliceAxis.K).Memory).Tracked.Keys.Order()];
        }

        /// <summary>Masks, scores, and all that is remembered.</summary>
        public void AssertEqual()
        {
            using var scope = new InferenceScope();
            foreach (var (id, expected) in reference.Objects)
            {
                using var held = Held(id);
                var actual = (FifoMemory)held.Stack(SliceAxis.K).Memory;
                Assert.Equal(expected.Memory.Pinned.Keys.Order(), actual.Pinned.Keys.Order());
                foreach (var (slice, memory) in actual.Pinned)
                    AssertEqual(expected.Memory.Pinned[slice], memory);
                Assert.NotEmpty(actual.Tracked);
                foreach (var (slice, memory) in actual.Tracked)
                    AssertEqual(expected.Memory.Tracked[slice], memory);
                foreach (var shown in Session.Masks(id))
                    AssertShows(shown, expected.Known(shown.Index)!);
            }
        }

        public void Dispose()
        {
            Session.Dispose();
            reference.Dispose();
            frames.Dispose();
        }

        private static void AssertEqual(SliceMemory expected, SliceMemory actual)
        {
            Assert.Equal((expected.Confidence, expected.ObjectScore), (actual.Confidence, actual.ObjectScore));
            Assert.True(expected.MaskLogits.equal(actual.MaskLogits).all().item<bool>(), $"The logits of slice {actual.Slice} differ.");
            Assert.True(expected.Pointer.equal(actual.Pointer).all().item<bool>(), $"The pointers of slice {actual.Slice} differ.");
            Assert.True(expected.Features!.equal(actual.Features!).all().item<bool>(), $"The memories of slice {actual.Slice} differ.");
        }

        private static void AssertShows(SliceMask shown, SliceMemory expected)
        {
            var logits = nn.functional.interpolate(expected.MaskLogits, [Side, Side], mode: InterpolationMode.Bilinear, align_corners: false);
            var different = shown.Mask.Pixels.Zip(logits.data<float>(), (pixel, logit) => pixel != 0 == logit > 0).Count(same => !same);
            Assert.Equal(0, different);
            Assert.Equal((expected.Confidence, 1 / (1 + MathF.Exp(-expected.ObjectScore))), (shown.PredictedIou, shown.Presence));
        }

        /// <summary>What the session holds of an object, by the state that it captures.</summary>
        private SegmentedObject Held(int id)
        {
            using var reader = new BinaryReader(new MemoryStream(Session.Capture(id)!));
            return new ObjectStateReader(
                reader, _ => (Side, Side), CPU, (_, _) => throw new InvalidOperationException(), (_, _, _) => throw new InvalidOperationException())
                .Read((order, revision) => new SegmentedObject(id, model.Configuration, TrackingOptions.Sam2, order: order, revision: revision));
        }

        private static float[] Coordinates(PromptPoint[] points) => [.. points.SelectMany(p => new[] { (float)p.X, (float)p.Y })];

        private static int[] Labels(PromptPoint[] points) => [.. points.Select(p => p.Include ? 1 : 0)];

        /// <summary>Two balls that drift a little from slice to slice, in noise.</summary>
        private static byte[][] Balls(int slices)
        {
            var random = new Random(5);
            return [.. Enumerable.Range(0, slices).Select(k =>
            {
                var grey = new byte[Side * Side];
                var (along, wave) = (Math.Min(Math.Abs(k - Start), 8), 3 * Math.Sin(k / 4.0));
                for (var n = 0; n < grey.Length; n++)
                {
                    var (x, y) = ((n % Side) - wave, n / Side);
                    var inside = Math.Pow(x - 44, 2) + Math.Pow(y - 48, 2) < 400 - (4 * along * along) || Math.Pow(x - 92, 2) + Math.Pow(y - 88, 2) < 256 - (2 * along * along);
                    grey[n] = (byte)((inside ? 140 : 40) + random.Next(20));
                }

                return grey;
            })];
        }
    }
}
