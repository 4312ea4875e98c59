using MedSam2.Imaging.Masks;

namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>On another picture: the largest piece of all that is as bright as the object was where it is known.</summary>
public static class GreyRange
{
    public const string Method = "grey range";

    private const double Deviations = 2;

    /// <param name="known">Values of the picture with the known object.</param>
    /// <param name="seed">The object there.</param>
    /// <param name="other">Values of the other picture, row by row.</param>
    /// <param name="width">Its pixels a row.</param>
    public static Mask Find(ReadOnlySpan<float> known, Mask seed, ReadOnlySpan<float> other, int width)
    {
        ArgumentNullException.ThrowIfNull(seed);
        var found = new Mask(width, other.Length / width);
        double sum = 0, squares = 0;
        var count = seed.Count();
        if (count == 0)
            return found;
        for (var n = 0; n < known.Length; n++)
        {
            if (seed.Pixels[n] == 0)
                continue;
            sum += known[n];
            squares += (double)known[n] * known[n];
        }

        var mean = sum / count;
        var tolerance = Math.Max(1e-6, Deviations * Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean))));
        for (var n = 0; n < other.Length; n++)
            found.Pixels[n] = Math.Abs(other[n] - mean) <= tolerance ? (byte)1 : (byte)0;
        return ConnectedComponents.Largest(found);
    }
}
