using MedSam2.Imaging.Masks;
using MedSam2.Inference;

namespace MedSam2.Training.Prompts;

/// <summary>Prompts as a person would give them, from a mask that is known. With no random source the answers are the same each time.</summary>
public static class PromptSimulator
{
    /// <summary>The tight box, its sides moved by up to <paramref name="jitter"/> of its size; null for an empty mask.</summary>
    public static PromptBox? Box(Mask mask, Random? random = null, double jitter = 0)
    {
        ArgumentNullException.ThrowIfNull(mask);
        int x0 = mask.Width, y0 = mask.Height, x1 = -1, y1 = -1;
        for (int n = 0, y = 0; y < mask.Height; y++)
        {
            for (var x = 0; x < mask.Width; x++, n++)
            {
                if (mask.Pixels[n] == 0)
                    continue;
                (x0, x1) = (Math.Min(x0, x), Math.Max(x1, x));
                (y0, y1) = (Math.Min(y0, y), Math.Max(y1, y));
            }
        }

        if (x1 < 0)
            return null;
        if (random is null || jitter == 0)
            return new(x0, y0, x1, y1);
        double dx = jitter * (x1 - x0 + 1), dy = jitter * (y1 - y0 + 1);
        return new(
            Math.Clamp(x0 + Move(random, dx), 0, mask.Width - 1),
            Math.Clamp(y0 + Move(random, dy), 0, mask.Height - 1),
            Math.Clamp(x1 + Move(random, dx), 0, mask.Width - 1),
            Math.Clamp(y1 + Move(random, dy), 0, mask.Height - 1));
    }

    /// <summary>The pixel farthest from the mask's border; null for an empty mask.</summary>
    public static PromptPoint? CenterClick(Mask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var (at, _) = Deepest(mask.Pixels, mask.Width, mask.Height);
        return at < 0 ? null : new PromptPoint(at % mask.Width, at / mask.Width, Include: true);
    }

    /// <summary>Any pixel of the mask; null for an empty mask.</summary>
    public static PromptPoint? RandomClick(Mask mask, Random random)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(random);
        var at = Pick(mask.Pixels, random);
        return at < 0 ? null : new PromptPoint(at % mask.Width, at / mask.Width, Include: true);
    }

    /// <summary>
    /// A click that mends an answer: in the middle of the deepest error (or, with a random source, anywhere in the errors),
    /// to include where the object was missed, to exclude where it was invented. Null where there is no error.
    /// </summary>
    public static PromptPoint? CorrectiveClick(Mask answer, Mask truth, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(truth);
        if (answer.Width != truth.Width || answer.Height != truth.Height)
            throw new ArgumentException($"The answer is {answer.Width} x {answer.Height} and the truth {truth.Width} x {truth.Height}.", nameof(answer));

        var missed = new byte[truth.Pixels.Length];
        var invented = new byte[truth.Pixels.Length];
        for (var n = 0; n < missed.Length; n++)
        {
            missed[n] = truth.Pixels[n] != 0 && answer.Pixels[n] == 0 ? (byte)1 : (byte)0;
            invented[n] = truth.Pixels[n] == 0 && answer.Pixels[n] != 0 ? (byte)1 : (byte)0;
        }

        int at;
        bool include;
        if (random is null)
        {
            var (missedAt, missedDepth) = Deepest(missed, truth.Width, truth.Height);
            var (inventedAt, inventedDepth) = Deepest(invented, truth.Width, truth.Height);
            include = missedDepth >= inventedDepth;
            at = include ? missedAt : inventedAt;
        }
        else
        {
            int misses = missed.AsSpan().Count((byte)1), inventions = invented.AsSpan().Count((byte)1);
            include = random.Next(Math.Max(1, misses + inventions)) < misses;
            at = Pick(include ? missed : invented, random);
        }

        return at < 0 ? null : new PromptPoint(at % truth.Width, at / truth.Width, include);
    }

    private static double Move(Random random, double most) => most * ((2 * random.NextDouble()) - 1);

    /// <summary>The pixel farthest from any pixel outside (the picture's edge counts as outside); the first one on a tie.</summary>
    private static (int At, float Depth) Deepest(byte[] pixels, int width, int height)
    {
        int w = width + 2, h = height + 2;
        var outside = new byte[w * h];
        outside.AsSpan().Fill(1);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                outside[((y + 1) * w) + x + 1] = pixels[(y * width) + x] == 0 ? (byte)1 : (byte)0;
        }

        var depth = DistanceTransform.Squared(outside, (w, h, 1), (1, 1, 1));
        var (at, best) = (-1, 0f);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var d = depth[((y + 1) * w) + x + 1];
                if (d > best)
                    (at, best) = ((y * width) + x, d);
            }
        }

        return (at, best);
    }

    private static int Pick(byte[] pixels, Random random)
    {
        var count = pixels.AsSpan().Count((byte)1);
        if (count == 0)
            return -1;
        var chosen = random.Next(count);
        for (var n = 0; ; n++)
        {
            if (pixels[n] == 1 && chosen-- == 0)
                return n;
        }
    }
}
