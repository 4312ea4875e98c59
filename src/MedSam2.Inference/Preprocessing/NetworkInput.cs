using MedSam2.Imaging.Masks;
using static TorchSharp.torch;

namespace MedSam2.Inference.Preprocessing;

/// <summary>Pictures and masks as the network takes them: float32, <c>[1, 3, S, S]</c> and <c>[1, 1, S, S]</c>.</summary>
internal static class NetworkInput
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Deviation = [0.229f, 0.224f, 0.225f];

    /// <summary>A video frame or a slice: resized as 8 bits (<see cref="PillowBicubic"/>), padded with black, normalised.</summary>
    /// <param name="pixels">Grey or RGB, interleaved.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="placement">Where the picture lies in the input.</param>
    public static Tensor FromFrame(ReadOnlySpan<byte> pixels, int channels, SlicePlacement placement)
    {
        using var scope = NewDisposeScope();
        var resized = PillowBicubic.Resize(
            pixels, placement.Width, placement.Height, channels, placement.ContentWidth, placement.ContentHeight);
        var content = tensor(resized, dtype: ScalarType.Byte)
            .view(placement.ContentHeight, placement.ContentWidth, channels)
            .permute(2, 0, 1).unsqueeze(0).to(ScalarType.Float32).div(255f);
        return Normalise(Pad(content, placement)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A still picture as SAM 2's image predictor takes it: as real numbers from 0 to 1, resized bilinearly with
    /// antialiasing, normalised.
    /// </summary>
    public static Tensor FromStill(ReadOnlySpan<byte> pixels, int channels, SlicePlacement placement)
    {
        using var scope = NewDisposeScope();
        var picture = tensor(pixels.ToArray(), dtype: ScalarType.Byte)
            .view(placement.Height, placement.Width, channels)
            .permute(2, 0, 1).unsqueeze(0).to(ScalarType.Float32).div(255f);
        return Normalise(Pad(Shrink(picture, placement), placement)).MoveToOuterDisposeScope();
    }

    /// <summary>A prompt mask: resized bilinearly with antialiasing, then 1 where at least half is covered.</summary>
    public static Tensor FromMask(Mask mask, SlicePlacement placement)
    {
        using var scope = NewDisposeScope();
        var picture = tensor(mask.Pixels, dtype: ScalarType.Byte)
            .view(1, 1, mask.Height, mask.Width).to(ScalarType.Float32);
        return Pad(Shrink(picture, placement), placement).ge(0.5f).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Bilinear with antialiasing; a picture that fits already stays as it is.</summary>
    internal static Tensor Shrink(Tensor picture, SlicePlacement placement) =>
        placement.Width == placement.ContentWidth && placement.Height == placement.ContentHeight
            ? picture
            : nn.functional.interpolate(
                picture,
                size: [placement.ContentHeight, placement.ContentWidth],
                mode: InterpolationMode.Bilinear,
                align_corners: false,
                antialias: true);

    private static Tensor Pad(Tensor content, SlicePlacement placement) =>
        placement.ContentWidth == placement.Size && placement.ContentHeight == placement.Size
            ? content
            : nn.functional.pad(
                content, [0, placement.Size - placement.ContentWidth, 0, placement.Size - placement.ContentHeight]);

    private static Tensor Normalise(Tensor picture) =>
        picture.expand(1, 3, -1, -1).sub(tensor(Mean).view(1, 3, 1, 1)).div(tensor(Deviation).view(1, 3, 1, 1));
}
