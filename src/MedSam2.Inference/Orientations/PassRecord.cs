using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;

namespace MedSam2.Inference.Orientations;

/// <summary>What one pass says of one object: a probability for each voxel, kept only where there is any.</summary>
internal sealed class PassRecord(SliceAxis axis)
{
    public SliceAxis Axis { get; } = axis;

    public SortedDictionary<int, ProbabilitySlice> Slices { get; } = [];

    /// <summary>
    /// How far two passes along the same axis differ: one minus the Dice overlap of the voxels that each holds for more
    /// likely than not; 0 where both hold none.
    /// </summary>
    public static double Disagreement(PassRecord a, PassRecord b)
    {
        long common = 0, total = 0;
        foreach (var slice in a.Slices.Keys.Union(b.Slices.Keys))
        {
            var inA = a.Slices.GetValueOrDefault(slice);
            var inB = b.Slices.GetValueOrDefault(slice);
            total += (inA?.CountLikely() ?? 0) + (inB?.CountLikely() ?? 0);
            common += inA is null || inB is null ? 0 : ProbabilitySlice.CountCommon(inA, inB);
        }

        return total == 0 ? 0 : 1 - (2.0 * common / total);
    }
}

/// <summary>The probabilities of one slice.</summary>
/// <param name="Box">Where they are not negligible.</param>
/// <param name="Levels">Row by row within the box, 0 to 255 for 0 to 1.</param>
/// <param name="Confidence">Predicted IoU times the probability that the object is present: the slice's weight in the fusion.</param>
internal sealed record ProbabilitySlice(PixelBox Box, byte[] Levels, float Confidence)
{
    /// <summary>The level that stands for a probability of one half or more.</summary>
    public const byte Likely = 128;

    private const float NegligibleLogit = -4;

    /// <param name="logits">One logit a pixel.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="confidence">The slice's weight.</param>
    public static ProbabilitySlice FromLogits(ReadOnlySpan<float> logits, int width, float confidence)
    {
        var levels = new byte[logits.Length];
        for (var n = 0; n < levels.Length; n++)
        {
            if (logits[n] > NegligibleLogit)
                levels[n] = (byte)((255 / (1 + MathF.Exp(-logits[n]))) + 0.5f);
        }

        return Cut(levels, width, confidence);
    }

    /// <summary>A person's mask: certain everywhere.</summary>
    public static ProbabilitySlice FromMask(Mask mask) => Cut([.. mask.Pixels.Select(p => p == 0 ? (byte)0 : byte.MaxValue)], mask.Width, 1);

    public byte At(int x, int y) => Box.X <= x && x < Box.X + Box.Width && Box.Y <= y && y < Box.Y + Box.Height
        ? Levels[((y - Box.Y) * Box.Width) + x - Box.X]
        : (byte)0;

    public long CountLikely() => Levels.LongCount(l => l >= Likely);

    public static long CountCommon(ProbabilitySlice a, ProbabilitySlice b)
    {
        var count = 0L;
        for (var y = a.Box.Y; y < a.Box.Y + a.Box.Height; y++)
        {
            for (var x = a.Box.X; x < a.Box.X + a.Box.Width; x++)
                count += a.At(x, y) >= Likely && b.At(x, y) >= Likely ? 1 : 0;
        }

        return count;
    }

    private static ProbabilitySlice Cut(byte[] levels, int width, float confidence)
    {
        var box = PixelBox.Around(levels, width);
        var cut = new byte[box.Width * box.Height];
        for (var y = 0; y < box.Height; y++)
            levels.AsSpan(((box.Y + y) * width) + box.X, box.Width).CopyTo(cut.AsSpan(y * box.Width));
        return new ProbabilitySlice(box, cut, confidence);
    }
}
