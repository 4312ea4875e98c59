using System.Buffers;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Preprocessing;

/// <summary>
/// From the decoder's quarter-resolution logits to a slice's own pixels: bilinear with half-pixel centres and no
/// antialiasing, straight from the low resolution to the slice as SAM 2 does, leaving out the padding.
/// </summary>
internal static class MaskSampling
{
    /// <summary>The pixels whose logit is above zero.</summary>
    /// <param name="logits"><paramref name="size"/> x <paramref name="size"/> values.</param>
    /// <param name="size">Side of the logits.</param>
    /// <param name="placement">Where the slice lies in the network's input.</param>
    public static Mask ToMask(ReadOnlySpan<float> logits, int size, SlicePlacement placement)
    {
        var mask = new Mask(placement.Width, placement.Height);
        var sampled = ArrayPool<float>.Shared.Rent(mask.Pixels.Length);
        Sample(logits, size, placement, sampled);
        for (var n = 0; n < mask.Pixels.Length; n++)
            mask.Pixels[n] = sampled[n] > 0 ? (byte)1 : (byte)0;
        ArrayPool<float>.Shared.Return(sampled);
        return mask;
    }

    /// <inheritdoc cref="ToMask"/>
    /// <returns>One logit a pixel, row by row.</returns>
    public static float[] ToLogits(ReadOnlySpan<float> logits, int size, SlicePlacement placement)
    {
        var result = new float[placement.Width * placement.Height];
        Sample(logits, size, placement, result);
        return result;
    }

    private static void Sample(ReadOnlySpan<float> logits, int size, SlicePlacement placement, Span<float> result)
    {
        var columns = Taps(placement.Width, placement.ContentWidth, placement.Size, size);
        var rows = Taps(placement.Height, placement.ContentHeight, placement.Size, size);
        var mixed = new float[size];
        for (var y = 0; y < rows.Length; y++)
        {
            var (top, bottom, down) = rows[y];
            var upper = logits.Slice(top * size, size);
            var lower = logits.Slice(bottom * size, size);
            for (var x = 0; x < size; x++)
                mixed[x] = ((1 - down) * upper[x]) + (down * lower[x]);

            var target = result.Slice(y * placement.Width, placement.Width);
            for (var x = 0; x < target.Length; x++)
            {
                var (left, right, along) = columns[x];
                target[x] = ((1 - along) * mixed[left]) + (along * mixed[right]);
            }
        }
    }

    private static (int Low, int High, float Fraction)[] Taps(int pixels, int content, int networkSize, int size)
    {
        // One slice pixel is this many logits wide.
        var scale = (float)content / pixels * ((float)size / networkSize);
        var taps = new (int, int, float)[pixels];
        for (var n = 0; n < pixels; n++)
        {
            var position = Math.Max((scale * (n + 0.5f)) - 0.5f, 0);
            var low = Math.Min((int)position, size - 1);
            taps[n] = (low, Math.Min(low + 1, size - 1), position - low);
        }

        return taps;
    }
}
