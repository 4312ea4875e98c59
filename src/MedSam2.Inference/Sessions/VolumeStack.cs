using System.Buffers;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions;

/// <summary>A volume's slices along one axis, as the tracker walks over them.</summary>
internal sealed class VolumeStack : ISliceStack
{
    private readonly Volume volume;
    private readonly FeatureCache cache;
    private readonly double spacingBetween;
    private readonly double spacingX;
    private readonly double spacingY;
    private readonly int logitSize;
    private readonly SlicePlacement placement;

    public VolumeStack(Volume volume, SliceAxis axis, Sam2Configuration configuration, FeatureCache cache)
    {
        this.volume = volume;
        this.cache = cache;
        Axis = axis;
        var (width, height, count) = volume.Geometry.SliceShape(axis);
        (spacingX, spacingY, spacingBetween) = volume.Geometry.SliceSpacing(axis);
        Count = count;
        placement = SlicePlacement.SquarePixels(width, height, spacingX, spacingY, configuration.ImageSize);
        logitSize = configuration.LowResolutionMaskSize;
    }

    public SliceAxis Axis { get; }

    public int Count { get; }

    public SlicePlacement Placement(int slice) => placement;

    public ImageFeatures Features(int slice) => cache.Get(Axis, slice);

    public void Prepare(IEnumerable<int> coming) => cache.Prepare(Axis, coming);

    public SlicePlane Plane(int slice) => new(Axis, slice * spacingBetween);

    public Vector3D Center(int slice, ReadOnlySpan<float> logits)
    {
        double sumX = 0, sumY = 0;
        var count = 0;
        for (var n = 0; n < logits.Length; n++)
        {
            if (logits[n] > 0)
            {
                sumX += n % logitSize;
                sumY += n / logitSize;
                count++;
            }
        }

        var middle = (logitSize - 1) / 2.0;
        var (x, y) = count == 0 ? (middle, middle) : (sumX / count, sumY / count);
        var perLogit = (double)placement.Size / logitSize;
        var inPlaneX = ((x + 0.5) * perLogit / placement.ContentWidth * placement.Width - 0.5) * spacingX;
        var inPlaneY = ((y + 0.5) * perLogit / placement.ContentHeight * placement.Height - 0.5) * spacingY;
        var along = slice * spacingBetween;
        return Axis switch
        {
            SliceAxis.K => new(inPlaneX, inPlaneY, along),
            SliceAxis.J => new(inPlaneX, along, inPlaneY),
            _ => new(along, inPlaneX, inPlaneY),
        };
    }

    /// <summary>A slice as the network takes it, <c>[1, 3, S, S]</c>.</summary>
    public Tensor Input(int slice, IntensityWindow window)
    {
        var pixels = placement.Width * placement.Height;
        var values = ArrayPool<float>.Shared.Rent(pixels);
        var grey = ArrayPool<byte>.Shared.Rent(pixels);
        try
        {
            volume.ReadSlice(Axis, slice, values.AsSpan(0, pixels));
            WindowSelection.Apply(window, values.AsSpan(0, pixels), grey);
            return NetworkInput.FromFrame(grey.AsSpan(0, pixels), 1, placement);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
            ArrayPool<byte>.Shared.Return(grey);
        }
    }
}
