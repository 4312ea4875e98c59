using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Preprocessing;
using MedSam2.Training.Evaluation.Protocols;
using static TorchSharp.torch;

namespace MedSam2.Training.Data.Labelled;

/// <summary>A labelled image as the network will see it: the same window, placement and resizing as at inference. Safe for many readers.</summary>
internal sealed class LabelledCase
{
    private readonly EvaluationCase source;
    private readonly int size;
    private readonly IntensityWindow window;
    private readonly Dictionary<SliceAxis, IReadOnlyList<byte>[]> visible;

    /// <param name="source">The image and its labels, on one grid.</param>
    /// <param name="size">Side of the network's input, pixels.</param>
    /// <param name="axes">The stacks that sequences may run along.</param>
    public LabelledCase(EvaluationCase source, int size, IReadOnlyList<SliceAxis> axes)
    {
        (this.source, this.size) = (source, size);
        window = WindowSelection.For(source.Volume);
        var isVolume = source.Volume.Geometry.Slices > 1;
        visible = axes.Where(axis => isVolume || axis == SliceAxis.K)
            .Select(axis => (axis, Slices: VisibleLabels(axis)))
            .Where(stack => stack.Slices.Any(labels => labels.Count > 0))
            .ToDictionary(stack => stack.axis, stack => stack.Slices);
        Axes = [.. visible.Keys];
    }

    /// <summary>The stacks that show something to be prompted; none where the labels are empty or tiny.</summary>
    public IReadOnlyList<SliceAxis> Axes { get; }

    /// <summary>What it holds of memory.</summary>
    public long ByteCount => source.Labels.Labels.LongLength + (source.Volume.Voxels.Count * (source.Volume.Voxels is Int16Voxels ? 2 : 4));

    /// <summary>The labels that can be prompted, slice by slice.</summary>
    public IReadOnlyList<IReadOnlyList<byte>> Visible(SliceAxis axis) => visible[axis];

    /// <summary>Where a stack's slices lie in the network's input.</summary>
    public SlicePlacement Placement(SliceAxis axis)
    {
        var (width, height, _) = source.Volume.Geometry.SliceShape(axis);
        var (x, y, _) = source.Volume.Geometry.SliceSpacing(axis);
        return SlicePlacement.SquarePixels(width, height, x, y, size);
    }

    /// <summary>Whether a mirror along a slice's x swaps a patient's left and right and nothing else.</summary>
    public bool MirrorsLeftRight(SliceAxis axis)
    {
        var affine = source.Volume.Geometry.IjkToLps;
        var x = axis == SliceAxis.I ? affine.J : affine.I;
        return Math.Abs(x.X) >= 0.8 * x.Length;
    }

    /// <summary>A slice's grey values from 0 to 1, <c>S * S</c> of them; black where the slice does not reach.</summary>
    public float[] Grey(SliceAxis axis, int index)
    {
        var placement = Placement(axis);
        var values = new float[placement.Width * placement.Height];
        source.Volume.ReadSlice(axis, index, values);
        var grey = new byte[values.Length];
        WindowSelection.Apply(window, values, grey);
        var resized = PillowBicubic.Resize(grey, placement.Width, placement.Height, 1, placement.ContentWidth, placement.ContentHeight);
        var input = new float[size * size];
        for (var y = 0; y < placement.ContentHeight; y++)
        {
            for (var x = 0; x < placement.ContentWidth; x++)
                input[(y * size) + x] = resized[(y * placement.ContentWidth) + x] / 255f;
        }

        return input;
    }

    /// <summary>A label on a slice, <c>S * S</c> values of 0 or 1.</summary>
    public byte[] Mask(SliceAxis axis, int index, byte label)
    {
        using var scope = NewDisposeScope();
        Mask mask = source.Labels.ReadSlice(axis, index, label);
        return Inference.Preprocessing.NetworkInput.FromMask(mask, Placement(axis)).to(ScalarType.Byte).data<byte>().ToArray();
    }

    private IReadOnlyList<byte>[] VisibleLabels(SliceAxis axis)
    {
        var (width, height, count) = source.Volume.Geometry.SliceShape(axis);
        var placement = Placement(axis);
        var networkPixels = (double)placement.ContentWidth * placement.ContentHeight / (width * (double)height);
        var slices = new IReadOnlyList<byte>[count];
        for (var index = 0; index < count; index++)
        {
            var counts = new int[256];
            var (start, stepX, stepY) = source.Volume.Geometry.SliceStride(axis, index);
            for (var y = 0; y < height; y++, start += stepY)
            {
                var offset = start;
                for (var x = 0; x < width; x++, offset += stepX)
                    counts[source.Labels.Labels[offset]]++;
            }

            slices[index] = [.. Enumerable.Range(1, 255).Where(label => counts[label] * networkPixels >= SequenceCut.LeastPixels).Select(label => (byte)label)];
        }

        return slices;
    }
}
