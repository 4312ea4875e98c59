using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Inference.Features;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using MedSam2.Training.Fitting;
using TorchSharp;

namespace MedSam2.Training.ActiveLearning;

/// <summary>
/// Asks the network about an image without a person: clicks on a grid over the middle slice find what could be objects; each of the best
/// few is clicked again, at the same point of the patient, in the other two planes. An image costs five encoded slices, whatever its size.
/// </summary>
public sealed class ImageScorer : IDisposable
{
    private const int Grid = 4;
    private const int MostObjects = 3;
    private const float Darkest = 8; // of 255: what is darker is air
    private const double SmallestShare = 0.0005, LargestShare = 0.5, SameObject = 0.5;
    private const long CacheBytes = 256L << 20;

    private readonly SegmentationModel model;
    private readonly Volume volume;
    private readonly IntensityWindow window;
    private readonly FeatureCache features;
    private readonly Dictionary<SliceAxis, StackSegmenter> segmenters = [];
    private readonly IDeviceTurns device;

    private ImageScorer(SegmentationModel model, Volume volume, IDeviceTurns device)
    {
        (this.model, this.volume, this.device) = (model, volume, device);
        window = WindowSelection.For(volume);
        features = new FeatureCache(model.Features, CacheBytes, mostAtOnce: 1, Encode);
        foreach (var axis in volume.Geometry.Slices > 1 ? Enum.GetValues<SliceAxis>() : [SliceAxis.K])
            segmenters[axis] = new(model.Network, model.Features, new VolumeStack(volume, axis, model.Configuration, features), new TrackingOptions());
    }

    /// <summary>The same image and network give the same score.</summary>
    /// <param name="model">The network.</param>
    /// <param name="volume">The image.</param>
    /// <param name="device">Where the network runs; null: on this thread.</param>
    /// <param name="cancellation">Looked at before each click.</param>
    public static ImageScore Score(SegmentationModel model, Volume volume, IDeviceTurns? device = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(volume);
        using var scorer = new ImageScorer(model, volume, device ?? OwnDevice.Instance);
        return scorer.Score(cancellation);
    }

    public void Dispose() => features.Dispose();

    private ImageScore Score(CancellationToken cancellation)
    {
        var slices = volume.Geometry.Slices;
        var embedding = Embed([.. new[] { slices / 4, slices / 2, 3 * slices / 4 }.Distinct()], cancellation);
        var objects = Find(slices / 2, cancellation);
        if (objects.Count == 0)
            return new(0, 1, 1, 0, embedding);
        return new(
            objects.Average(o => o.Confidence),
            objects.Average(o => Entropy(o.Logits)),
            objects.Average(o => Disagreement(o, slices / 2, cancellation)),
            objects.Count,
            embedding);
    }

    private float[] Embed(int[] slices, CancellationToken cancellation)
    {
        var sum = new double[model.Configuration.HiddenDim];
        foreach (var slice in slices)
        {
            cancellation.ThrowIfCancellationRequested();
            var mean = device.Run(() =>
            {
                using var scope = new InferenceScope();
                return features.Get(SliceAxis.K, slice).Top.mean([2, 3]).to(torch.ScalarType.Float32).cpu().data<float>().ToArray();
            });
            for (var n = 0; n < sum.Length; n++)
                sum[n] += mean[n];
        }

        var length = Math.Sqrt(sum.Sum(v => v * v));
        return [.. sum.Select(v => (float)(length > 0 ? v / length : 0))];
    }

    /// <summary>The answers to clicks on a grid that the network trusts most, no two about the same thing.</summary>
    private List<Answer> Find(int slice, CancellationToken cancellation)
    {
        var (width, height, _) = volume.Geometry.SliceShape(SliceAxis.K);
        var values = new float[width * height];
        volume.ReadSlice(SliceAxis.K, slice, values);
        var grey = new byte[values.Length];
        WindowSelection.Apply(window, values, grey);
        List<Answer> answers = [];
        for (var n = 0; n < Grid * Grid; n++)
        {
            var (x, y) = ((int)((n % Grid + 0.5) * width / Grid), (int)((n / Grid + 0.5) * height / Grid));
            if (grey[(y * width) + x] < Darkest)
                continue;
            var answer = Click(SliceAxis.K, slice, x, y, cancellation);
            if (answer.Mask.Pixels.AsSpan().Count((byte)1) / (double)answer.Mask.Pixels.Length is >= SmallestShare and <= LargestShare)
                answers.Add(answer);
        }

        List<Answer> chosen = [];
        foreach (var answer in answers.OrderByDescending(a => a.Confidence))
        {
            if (chosen.Count < MostObjects && chosen.TrueForAll(c => Overlap.Count(c.Mask.Pixels, answer.Mask.Pixels).Iou < SameObject))
                chosen.Add(answer);
        }

        return chosen;
    }

    /// <summary>Mean binary entropy, in bits, of the pixels that may belong to the object.</summary>
    private static double Entropy(float[] logits)
    {
        const float unlikely = -3; // a probability of 0.05
        var (sum, count) = (0.0, 0);
        foreach (var logit in logits)
        {
            if (logit < unlikely)
                continue;
            var p = 1 / (1 + Math.Exp(-logit));
            sum += p is > 0 and < 1 ? -((p * Math.Log2(p)) + ((1 - p) * Math.Log2(1 - p))) : 0;
            count++;
        }

        return count == 0 ? 1 : sum / count;
    }

    /// <summary>One minus the Dice overlap of the three planes' answers along the lines in which the planes meet; of a picture, of the answers to a click and to the box around them.</summary>
    private double Disagreement(Answer axial, int k, CancellationToken cancellation)
    {
        var (i, j) = (axial.X, axial.Y);
        if (!segmenters.ContainsKey(SliceAxis.J))
        {
            var box = Training.Prompts.PromptSimulator.Box(axial.Mask)!.Value;
            return 1 - Overlap.Dice(axial.Mask, Ask(SliceAxis.K, k, i, j, SlicePrompts.None with { Box = box }, cancellation).Mask);
        }

        var coronal = Click(SliceAxis.J, j, i, k, cancellation).Mask; // x = i, y = k
        var sagittal = Click(SliceAxis.I, i, j, k, cancellation).Mask; // x = j, y = k
        var (one, other) = (new List<byte>(), new List<byte>());
        Meet(Row(axial.Mask, j), Row(coronal, k));
        Meet(Column(axial.Mask, i), Row(sagittal, k));
        Meet(Column(coronal, i), Column(sagittal, j));
        return 1 - Overlap.Count(one.ToArray(), other.ToArray()).Dice;

        void Meet(IEnumerable<byte> a, IEnumerable<byte> b)
        {
            one.AddRange(a);
            other.AddRange(b);
        }
    }

    private static IEnumerable<byte> Row(Mask mask, int y) => Enumerable.Range(0, mask.Width).Select(x => mask.Pixels[(y * mask.Width) + x]);

    private static IEnumerable<byte> Column(Mask mask, int x) => Enumerable.Range(0, mask.Height).Select(y => mask.Pixels[(y * mask.Width) + x]);

    private Answer Click(SliceAxis axis, int slice, int x, int y, CancellationToken cancellation) =>
        Ask(axis, slice, x, y, SlicePrompts.None with { Points = [new PromptPoint(x, y)] }, cancellation);

    private Answer Ask(SliceAxis axis, int slice, int x, int y, SlicePrompts prompts, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return device.Run(() =>
        {
            var segmenter = segmenters[axis];
            using var answer = segmenter.Decode(slice, prompts, null);
            return new Answer(x, y, segmenter.ToMask(slice, answer.Logits), segmenter.ToLogits(slice, answer.Logits), Math.Clamp(answer.PredictedIou * answer.Presence, 0, 1));
        });
    }

    private IReadOnlyList<ImageFeatures> Encode(StackView view, IReadOnlyList<int> indices) =>
        SliceEncoding.Run(model, indices, index => ((VolumeStack)segmenters[view.Axis].Stack).Input(index, window));

    private sealed record Answer(int X, int Y, Mask Mask, float[] Logits, double Confidence);
}
