namespace MedSam2.Training.ActiveLearning;

/// <summary>How undecided an answer's pixels are.</summary>
internal static class MaskEntropy
{
    private const float Unlikely = -3; // a probability of 0.05

    /// <summary>Mean binary entropy, in bits, of the pixels that may belong to the object; 1 where there are none.</summary>
    /// <param name="logits">One a pixel.</param>
    public static double Of(ReadOnlySpan<float> logits)
    {
        var (sum, count) = (0.0, 0);
        foreach (var logit in logits)
        {
            if (logit < Unlikely)
                continue;
            var p = 1 / (1 + Math.Exp(-logit));
            sum += p is > 0 and < 1 ? -((p * Math.Log2(p)) + ((1 - p) * Math.Log2(1 - p))) : 0;
            count++;
        }

        return count == 0 ? 1 : sum / count;
    }
}
