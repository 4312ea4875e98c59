using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Sessions;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>
/// What goes through the network together. Each pass through a part of it makes the same number of tensors, however many objects or slices
/// take part, so the tensors that were made tell how many passes there were.
/// </summary>
public sealed class TogetherTests(NanoModel nano) : IClassFixture<NanoModel>
{
    [Fact]
    public void Objects_are_tracked_together_by_a_session()
    {
        var alone = Made([1]);
        var together = Made([1, 2, 3]);

        Assert.InRange(together, alone, 1.6 * alone); // tracked one by one it is three times as many

        long Made(int[] ids)
        {
            using var session = new VolumeSession(nano.Model, BallVolume.Create(), TrackingOptions.Sam2);
            Prompt();
            session.Propagate(ids, PropagationRange.Whole).Complete(); // encodes all slices
            Prompt();
            return TensorsMade(() => session.Propagate(ids, PropagationRange.Whole).Complete());

            void Prompt()
            {
                foreach (var id in ids)
                    session.Prompt(id, BallVolume.Box(id == 1 ? BallVolume.FirstBall : BallVolume.SecondBall));
            }
        }
    }

    [Fact]
    public void Objects_are_tracked_one_by_one_where_the_device_has_no_room_for_them_together()
    {
        using var stack = new ScarceStack(nano.Model.Network);
        var segmenter = new StackSegmenter(nano.Model.Network, nano.Model.Features, stack, TrackingOptions.Sam2);
        var alone = Made(objects: 1, shortages: 0);
        var together = Made(objects: 3, shortages: 0);
        var sparingly = Made(objects: 3, shortages: 1);

        Assert.InRange(together, alone, 1.6 * alone);
        Assert.InRange(sparingly, 2.5 * alone, 3.2 * alone);

        long Made(int objects, int shortages)
        {
            using var scope = new InferenceScope();
            ObjectMemory[] memories = [.. Enumerable.Range(0, objects).Select(_ => new FifoMemory(nano.Model.Configuration))];
            foreach (var memory in memories)
            {
                using var answer = segmenter.Decode(0, new([], new PromptBox(30, 30, 60, 60), null), known: null);
                memory.Pin(segmenter.Tracker.ToMemory(0, answer));
                segmenter.EncodePinned(memory);
            }

            stack.Shortages = shortages;
            var made = TensorsMade(() =>
            {
                foreach (var answer in segmenter.Track(new Visit(1, IsReverse: false), memories))
                    answer.Dispose();
            });
            Assert.Equal(0, stack.Shortages);
            foreach (var memory in memories)
                memory.Dispose();
            return made;
        }
    }

    [Fact]
    public void Slices_are_encoded_together_ahead_of_the_tracker_where_that_pays()
    {
        nano.Model.SlicesAtOnce = 4;
        try
        {
            using var session = new VolumeSession(nano.Model, BallVolume.Create());
            session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));

            var encoded = session.Propagate([1], PropagationRange.Whole).Select(_ => session.EncodedSliceCount).ToArray();

            // Slices 6; 7, 5, 8, 4; 9, 3, 10, 2; 11, 1, 0: each four when the first of them is next.
            Assert.Equal([5, 5, 5, 5, 5, 9, 9, 9, 9, 12, 12, 12], encoded);
        }
        finally
        {
            nano.Model.SlicesAtOnce = 1;
        }
    }

    [Fact]
    public void Encoding_slices_together_is_one_pass_through_the_encoder()
    {
        var alone = Made([0]);
        var together = Made([0, 1, 2, 3]);

        Assert.InRange(together, alone, 2 * alone);

        long Made(int[] indices) => TensorsMade(() =>
        {
            foreach (var features in SliceEncoding.Run(nano.Model, indices, _ => zeros(1, 3, 128, 128)))
                features.Dispose();
        });
    }

    private static long TensorsMade(Action act)
    {
        var before = Count();
        act();
        return Count() - before;

        static long Count() => DisposeScopeManager.Statistics.CreatedInScopeCount + DisposeScopeManager.Statistics.CreatedOutsideScopeCount;
    }

    /// <summary>Two slices, and a device that has no memory left, for real, when it is asked for one of them.</summary>
    private sealed class ScarceStack(Sam2Model model) : ISliceStack, IDisposable
    {
        private readonly ImageFeatures features = Encode(model);

        /// <summary>How many more calls fail.</summary>
        public int Shortages { get; set; }

        public SliceAxis Axis => SliceAxis.K;

        public int Count => 2;

        public ImageFeatures Features(int slice)
        {
            if (Shortages > 0)
            {
                Shortages--;
                empty(1L << 50);
            }

            return features;
        }

        public SlicePlane Plane(int slice) => new(Axis, slice);

        public Vector3D Center(int slice, ReadOnlySpan<float> logits) => new(0, 0, slice);

        public void Prepare(IEnumerable<int> coming)
        {
        }

        public SlicePlacement Placement(int slice) => SlicePlacement.Stretch(model.Configuration.ImageSize, model.Configuration.ImageSize, model.Configuration.ImageSize);

        public void Dispose() => features.Dispose();

        private static ImageFeatures Encode(Sam2Model model)
        {
            using var scope = new InferenceScope();
            var size = model.Configuration.ImageSize;
            return model.EncodeImage(randn(1, 3, size, size)).DetachFromDisposeScope();
        }
    }
}
