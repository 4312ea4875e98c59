namespace MedSam2.Training.Evaluation.Baselines;

/// <summary>The threshold that parts values into the two classes with the least spread within.</summary>
/// <remarks>Otsu, "A threshold selection method from gray-level histograms", 1979.</remarks>
public static class OtsuThreshold
{
    private const int Bins = 256;

    /// <summary>Values above the result are the bright class. Where all values are equal it is that value.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static float Find(IReadOnlyCollection<float> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new ArgumentException("A threshold needs at least one value.", nameof(values));
        float low = values.Min(), high = values.Max();
        if (high <= low)
            return low;

        var width = (high - low) / Bins;
        var histogram = new int[Bins];
        foreach (var value in values)
            histogram[Math.Min(Bins - 1, (int)((value - low) / width))]++;

        double total = 0;
        for (var bin = 0; bin < Bins; bin++)
            total += bin * (double)histogram[bin];

        double darkSum = 0, best = -1;
        int dark = 0, threshold = 0;
        for (var bin = 0; bin < Bins - 1; bin++)
        {
            dark += histogram[bin];
            darkSum += bin * (double)histogram[bin];
            var bright = values.Count - dark;
            if (dark == 0 || bright == 0)
                continue;
            var apart = (darkSum / dark) - ((total - darkSum) / bright);
            var between = (double)dark * bright * apart * apart;
            if (between > best)
                (best, threshold) = (between, bin);
        }

        return low + ((threshold + 1) * width);
    }
}
