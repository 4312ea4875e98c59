using MedSam2.Imaging.Masks;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Closer;

/// <summary>What several views of a slice say together.</summary>
/// <param name="Mask">
/// The object: with view v giving pixel x the probability <c>q_v(x)</c>, it is where the mean of <c>q_v(x)</c> over the views that
/// show the pixel is at least one half. A view that finds nothing counts with 0 everywhere.
/// </param>
/// <param name="PredictedIou">Mean over the views.</param>
/// <param name="Presence">Mean over the views.</param>
internal sealed record FusedSlice(Mask Mask, float PredictedIou, float Presence)
{
    /// <param name="width">Pixels of the slice along x.</param>
    /// <param name="height">Pixels of the slice along y.</param>
    /// <param name="views">Of each view its part of the slice, its logits there, and its answer.</param>
    public static FusedSlice Of(int width, int height, IReadOnlyList<(PixelBox Region, float[] Logits, SliceAnswer Answer)> views)
    {
        // Above zero where more is said for the object than against it: the sum over views of the probability less one half.
        var balance = new float[width * height];
        foreach (var (region, logits, _) in views)
        {
            for (var y = 0; y < region.Height; y++)
            {
                var row = balance.AsSpan(((region.Y + y) * width) + region.X, region.Width);
                var said = logits.AsSpan(y * region.Width, region.Width);
                for (var x = 0; x < row.Length; x++)
                    row[x] += (1 / (1 + MathF.Exp(-said[x]))) - 0.5f;
            }
        }

        var mask = new Mask(width, height);
        for (var n = 0; n < balance.Length; n++)
            mask.Pixels[n] = balance[n] > 0 ? (byte)1 : (byte)0;
        return new(mask, views.Average(v => v.Answer.PredictedIou), views.Average(v => v.Answer.Presence));
    }
}
