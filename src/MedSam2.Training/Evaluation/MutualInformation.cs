namespace MedSam2.Training.Evaluation;

/// <summary>How much one picture tells of another: 0 for independent ones, their entropy for equal ones.</summary>
public static class MutualInformation
{
    private const int Bins = 32;
    private const float Levels = 256;

    /// <summary>From the joint histogram of grey values of 0 to 255 in 32 steps, in bit.</summary>
    /// <exception cref="ArgumentException">The pictures differ in size, or are empty.</exception>
    public static double Bits(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length || a.IsEmpty)
            throw new ArgumentException($"Pictures of {a.Length} and {b.Length} pixels cannot be compared.", nameof(b));
        Span<int> joint = stackalloc int[Bins * Bins];
        Span<int> ofA = stackalloc int[Bins], ofB = stackalloc int[Bins];
        joint.Clear();
        ofA.Clear();
        ofB.Clear();
        for (var n = 0; n < a.Length; n++)
        {
            var (x, y) = (Bin(a[n]), Bin(b[n]));
            joint[(x * Bins) + y]++;
            ofA[x]++;
            ofB[y]++;
        }

        var bits = 0.0;
        for (var n = 0; n < joint.Length; n++)
        {
            if (joint[n] > 0)
                bits += (double)joint[n] / a.Length * Math.Log2((double)joint[n] * a.Length / ((double)ofA[n / Bins] * ofB[n % Bins]));
        }

        return bits;
    }

    private static int Bin(float grey) => Math.Clamp((int)(grey * (Bins / Levels)), 0, Bins - 1);
}
