using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Tracking;
using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Inference.Sessions;

/// <summary>A volume's slices along one axis, as the tracker walks over them.</summary>
internal sealed class VolumeStack : ISliceSource
{
    private readonly Volume volume;
    private readonly FeatureCache cache;
    private readonly double spacingBetween;
    private readonly double spacingX;
    private readonly double spacingY;
    private readonly int logitSize;

    public VolumeStack(Volume volume, SliceAxis axis, Sam2Configuration configuration, FeatureCache cache)
    {
        this.volume = volume;
        this.cache = cache;
        Axis = axis;
        var (width, height, count) = volume.Geometry.SliceShape(axis);
        (spacingX, spacingY, spacingBetween) = volume.Geometry.SliceSpacing(axis);
        Count = count;
        Placement = SlicePlacement.SquarePixels(width, height, spacingX, spacingY, configuration.ImageSize);
        logitSize = configuration.LowResolutionMaskSize;
    }

    public SliceAxis Axis { get; }

    public int Count { get; }

    /// <summary>Where the slices lie in the network's input.</summary>
    public SlicePlacement Placement { get; }

    public ImageFeatures Features(int slice) => cache.Get(Axis, slice);

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
        var perLogit = (double)Placement.Size / logitSize;
        var inPlaneX = ((x + 0.5) * perLogit / Placement.ContentWidth * Placement.Width - 0.5) * spacingX;
        var inPlaneY = ((y + 0.5) * perLogit / Placement.ContentHeight * Placement.Height - 0.5) * spacingY;
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
        var values = new float[Placement.Width * Placement.Height];
        volume.ReadSlice(Axis, slice, values);
        var grey = new byte[values.Length];
        WindowSelection.Apply(window, values, grey);
        return NetworkInput.FromFrame(grey, 1, Placement);
    }

    /// <summary>The decoder's logits as a mask in the slice's own pixels.</summary>
    /// <param name="logits"><c>[1, 1, S/4, S/4]</c>.</param>
    /// <param name="filledHoleArea">Holes of up to so many logits are filled.</param>
    public Mask ToMask(Tensor logits, int filledHoleArea)
    {
        using var cpu = logits.cpu();
        var values = cpu.data<float>().ToArray();
        if (filledHoleArea > 0)
            MaskCleaning.FillHoles(values, logitSize, filledHoleArea, MaskCleaning.FilledLogit);
        return MaskSampling.ToSlice(values, logitSize, Placement);
    }
}
