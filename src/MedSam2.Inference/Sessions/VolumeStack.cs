using System.Buffers;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions;

/// <summary>A volume's slices along one axis, or the same part of each of them, as the tracker walks over them.</summary>
internal sealed class VolumeStack : ISliceStack
{
    private readonly Volume volume;
    private readonly StackView view;
    private readonly (int Width, int Height) whole;
    private readonly PixelBox region; // masks, logits and prompts of this stack are in its pixels
    private readonly FeatureCache cache;
    private readonly double spacingBetween;
    private readonly double spacingX;
    private readonly double spacingY;
    private readonly int logitSize;
    private readonly SlicePlacement placement;

    public VolumeStack(Volume volume, StackView view, Sam2Configuration configuration, FeatureCache cache)
    {
        this.volume = volume;
        this.cache = cache;
        var (width, height, count) = volume.Geometry.SliceShape(view.Axis);
        (spacingX, spacingY, spacingBetween) = volume.Geometry.SliceSpacing(view.Axis);
        Count = count;
        this.view = view;
        whole = (width, height);
        region = view.Region.IsEmpty ? new PixelBox(0, 0, width, height) : view.Region;
        placement = SlicePlacement.SquarePixels(region.Width, region.Height, spacingX, spacingY, configuration.ImageSize);
        logitSize = configuration.LowResolutionMaskSize;
    }

    public SliceAxis Axis => view.Axis;

    public int Count { get; }

    public SlicePlacement Placement(int slice) => placement;

    public ImageFeatures Features(int slice) => cache.Get(view, slice);

    public void Prepare(IEnumerable<int> coming) => cache.Prepare(view, coming);

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
        var inPlaneX = ((x + 0.5) * perLogit / placement.ContentWidth * placement.Width - 0.5 + region.X) * spacingX;
        var inPlaneY = ((y + 0.5) * perLogit / placement.ContentHeight * placement.Height - 0.5 + region.Y) * spacingY;
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
        var values = ArrayPool<float>.Shared.Rent(whole.Width * whole.Height);
        var grey = ArrayPool<byte>.Shared.Rent(whole.Width * whole.Height);
        try
        {
            var pixels = region.Width * region.Height;
            volume.ReadSlice(Axis, slice, values.AsSpan(0, whole.Width * whole.Height));
            for (var y = 0; y < region.Height && !view.Region.IsEmpty; y++)
                values.AsSpan(((region.Y + y) * whole.Width) + region.X, region.Width).CopyTo(values.AsSpan(y * region.Width));
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
