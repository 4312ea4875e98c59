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
/// few is followed some slices along all three planes, whose answers are fused as those of any propagation: the mean of the uncertainty map over
/// the object is the disagreement.
/// </summary>
/// <remarks>
/// With a reach of r slices a volume costs at most <c>3 + 2r + 6 (2r + 1)</c> encoded slices (37 with the default reach), 25 prompts and
/// <c>18 r</c> tracked slices (36), whatever its size; a picture costs one encoded slice and 19 prompts.
/// </remarks>
public sealed class ImageScorer : IDisposable
{
    /// <summary>Rises when scores come to mean something else: kept ones are made again then.</summary>
    public const int Edition = 2;

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
    private readonly PlaneDisagreement? planes; // null: a picture has one plane
    private readonly IDeviceTurns device;

    private ImageScorer(SegmentationModel model, Volume volume, ImageScorerOptions options, IDeviceTurns device)
    {
        (this.model, this.volume, this.device) = (model, volume, device);
        window = WindowSelection.For(volume);
        features = new FeatureCache(model.Features, CacheBytes, mostAtOnce: 1, Encode);
        foreach (var axis in volume.Geometry.Slices > 1 ? Enum.GetValues<SliceAxis>() : [SliceAxis.K])
            segmenters[axis] = new(model.Network, model.Features, new VolumeStack(volume, axis, model.Configuration, features), new TrackingOptions());
        if (volume.Geometry.Slices > 1)
            planes = new(model, volume.Geometry, axis => segmenters[axis], options.Reach, device);
    }

    /// <summary>The same image and network give the same score.</summary>
    /// <param name="model">The network.</param>
    /// <param name="volume">The image.</param>
    /// <param name="options">How much work it may be; null: the defaults.</param>
    /// <param name="device">Where the network runs; null: on this thread.</param>
    /// <param name="cancellation">Looked at before each click and each tracked slice.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ImageScore Score(
        SegmentationModel model, Volume volume, ImageScorerOptions? options = null, IDeviceTurns? device = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(volume);
        options ??= new ImageScorerOptions();
        options.Validate();
        using var scorer = new ImageScorer(model, volume, options, device ?? OwnDevice.Instance);
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
            objects.Average(o => MaskEntropy.Of(o.Logits)),
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
            var answer = Ask(slice, x, y, At(x, y), cancellation);
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

    /// <summary>How far the three planes' passes disagree; of a picture, one minus the Dice overlap of the answers to a click and to the box around it.</summary>
    private double Disagreement(Answer found, int slice, CancellationToken cancellation)
    {
        if (planes is not null)
            return planes.Measure(slice, At(found.X, found.Y), cancellation);
        var box = Training.Prompts.PromptSimulator.Box(found.Mask)!.Value;
        return 1 - Overlap.Dice(found.Mask, Ask(slice, found.X, found.Y, SlicePrompts.None with { Box = box }, cancellation).Mask);
    }

    private static SlicePrompts At(int x, int y) => SlicePrompts.None with { Points = [new PromptPoint(x, y)] };

    private Answer Ask(int slice, int x, int y, SlicePrompts prompts, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return device.Run(() =>
        {
            var segmenter = segmenters[SliceAxis.K];
            using var answer = segmenter.Decode(slice, prompts, null);
            return new Answer(x, y, segmenter.ToMask(slice, answer.Logits), segmenter.ToLogits(slice, answer.Logits), Math.Clamp(answer.PredictedIou * answer.Presence, 0, 1));
        });
    }

    private IReadOnlyList<ImageFeatures> Encode(StackView view, IReadOnlyList<int> indices) =>
        SliceEncoding.Run(model, indices, index => ((VolumeStack)segmenters[view.Axis].Stack).Input(index, window));

    private sealed record Answer(int X, int Y, Mask Mask, float[] Logits, double Confidence);
}
