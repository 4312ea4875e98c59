using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Tests.Golden;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>What a set of pictures is tracked with (sections 4 and 6 of the method): the same tracker, driven by hand, gives the same answers.</summary>
public sealed class PictureSetMemoryTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const int Side = 128; // the network's own
    private const int Count = 20;

    private static readonly PromptBox Disc = new(40, 38, 84, 82);

    [Fact]
    public void A_set_has_room_for_16_memories()
    {
        Assert.Equal(16, PictureSetSession.DefaultOptions.Capacity);
        Assert.Equal(MemoryBankKind.SelfSorting, PictureSetSession.DefaultOptions.Bank);
        Assert.Equal(MemoryResampling.Expected, PictureSetSession.DefaultOptions.Resampling);
    }

    [Fact]
    public void A_set_is_tracked_without_order_and_with_16_memories()
    {
        using var session = new PictureSetSession(nano.Model, [.. Pictures().Select(pixels => new Picture(Side, Side, pixels))]);
        session.Prompt(1, new(SliceAxis.K, 0, [], Disc));

        var answers = session.Propagate(1, PictureOrder.Given).Skip(1).Select(m => (m.PredictedIou, m.Presence)).ToArray();

        Assert.Equal(ByHand(new TrackingOptions { Capacity = 16 }, isOrdered: false), answers);
        Assert.NotEqual(ByHand(new TrackingOptions { Capacity = 15 }, isOrdered: false), answers);
        Assert.NotEqual(ByHand(new TrackingOptions { Capacity = 17 }, isOrdered: false), answers);
        Assert.NotEqual(ByHand(new TrackingOptions { Capacity = 16 }, isOrdered: true), answers);
    }

    private List<(float PredictedIou, float Presence)> ByHand(TrackingOptions options, bool isOrdered)
    {
        using var scope = new InferenceScope();
        using var frames = new VideoFrames(nano.Model.Network, Pictures());
        var slices = new OnePlace(frames);
        var tracker = new Tracker(nano.Model.Network, slices);
        using var bank = MemoryBank.Create(options);
        using var memory = new BankMemory(nano.Model.Configuration, options, bank, () => [], isOrdered);
        using (var prompted = tracker.Prompt(0, new SlicePrompts([], Disc, null).ToNetwork(Preprocessing.SlicePlacement.Stretch(Side, Side, Side)), null, null))
            memory.Pin(tracker.ToMemory(0, prompted));
        tracker.EncodePinned(memory);
        List<(float, float)> answers = [];
        for (var picture = 1; picture < Count; picture++)
        {
            using var answer = tracker.Track(new Visit(picture, IsReverse: false), [memory])[0];
            answers.Add((answer.PredictedIou, answer.Presence));
        }

        return answers;
    }

    /// <summary>Discs of several greys and sizes in noise, in colour.</summary>
    private static byte[][] Pictures()
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, Count).Select(n =>
        {
            var pixels = new byte[Side * Side * 3];
            var (grey, radius) = (150 + (n * 7 % 60), 16 + (n * 5 % 9));
            for (var p = 0; p < pixels.Length; p++)
            {
                var (x, y) = ((p / 3 % Side) - 62, (p / 3 / Side) - 60);
                pixels[p] = (byte)(((x * x) + (y * y) < radius * radius ? grey : 20 + n) + random.Next(30));
            }

            return pixels;
        })];
    }

    /// <summary>Pictures lie nowhere.</summary>
    private sealed class OnePlace(VideoFrames frames) : ISliceSource
    {
        public int Count => frames.Count;

        public ImageFeatures Features(int slice) => frames.Features(slice);

        public SlicePlane Plane(int slice) => new(SliceAxis.K, 0);

        public Vector3D Center(int slice, ReadOnlySpan<float> logits) => Vector3D.Zero;
    }
}
