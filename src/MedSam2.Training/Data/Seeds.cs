namespace MedSam2.Training.Data;

/// <summary>Seeds made of seeds, the same on every machine; <see cref="HashCode"/> differs from process to process.</summary>
internal static class Seeds
{
    /// <summary>Neighbouring numbers give seeds that have nothing in common.</summary>
    public static int Mix(params ReadOnlySpan<int> parts)
    {
        var state = 0x9E3779B97F4A7C15UL;
        foreach (var part in parts)
        {
            // SplitMix64's finaliser (Steele et al., 2014).
            state += unchecked((uint)part + 0x9E3779B97F4A7C15UL);
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9UL;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EBUL;
            state ^= state >> 31;
        }

        return (int)(state >> 33);
    }
}
