namespace MedSam2.Training.ActiveLearning;

/// <summary>Ways to say which image is worth a person's time next.</summary>
/// <remarks>To add one: a value here, and its weights in <see cref="Selection.Weigh"/>; the server and the simulation offer it by themselves.</remarks>
public enum SelectionStrategy
{
    /// <summary>Any.</summary>
    Random,

    /// <summary>The first in the order of their names.</summary>
    First,

    /// <summary>The one that the network is least sure of (Budd et al., 2021).</summary>
    Uncertainty,

    /// <summary>The one that is least like all that is labelled: the core-set's next centre (Sener and Savarese, 2018).</summary>
    Diversity,

    /// <summary>Unsure and unlike: the mean of an image's places in both orders.</summary>
    Hybrid,
}

/// <summary>Weighs images by what the network makes of them.</summary>
public static class Selection
{
    /// <summary>Whether a strategy looks at scores.</summary>
    public static bool NeedsScores(SelectionStrategy strategy) => strategy is SelectionStrategy.Uncertainty or SelectionStrategy.Diversity or SelectionStrategy.Hybrid;

    /// <summary>How much each candidate is worth a person's time: the largest weight goes first, of equal ones the first.</summary>
    /// <param name="strategy">The way.</param>
    /// <param name="candidates">The images to choose from.</param>
    /// <param name="known">Embeddings of the images that are labelled, or in somebody's hands.</param>
    /// <param name="random">Draws for <see cref="SelectionStrategy.Random"/>.</param>
    public static double[] Weigh(SelectionStrategy strategy, IReadOnlyList<ImageScore> candidates, IReadOnlyList<IReadOnlyList<float>> known, Random random)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(random);
        return strategy switch
        {
            SelectionStrategy.Random => [.. candidates.Select(_ => random.NextDouble())],
            SelectionStrategy.First => [.. candidates.Select((_, n) => 1 - (n / (double)candidates.Count))],
            SelectionStrategy.Uncertainty => [.. candidates.Select(c => c.Uncertainty)],
            SelectionStrategy.Diversity => Distances(candidates, known),
            SelectionStrategy.Hybrid => [.. Places([.. candidates.Select(c => c.Uncertainty)]).Zip(Places(Distances(candidates, known)), (a, b) => (a + b) / 2)],
            _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "Unknown strategy."),
        };
    }

    /// <summary>
    /// Cosine distance of each candidate to the nearest known image. While none is known the middle of all candidates is worth most: what is
    /// learnt there holds for more of them than what is learnt at the edge.
    /// </summary>
    private static double[] Distances(IReadOnlyList<ImageScore> candidates, IReadOnlyList<IReadOnlyList<float>> known) => known.Count > 0
        ? [.. candidates.Select(c => known.Min(k => 1 - Cosine(c.Embedding, k)))]
        : [.. candidates.Select(c => candidates.Average(other => Cosine(c.Embedding, other.Embedding)))];

    private static double Cosine(IReadOnlyList<float> a, IReadOnlyList<float> b)
    {
        if (a.Count != b.Count)
            throw new ArgumentException($"Embeddings of {a.Count} and {b.Count} numbers are of different networks.", nameof(b));
        var dot = 0.0;
        for (var n = 0; n < a.Count; n++)
            dot += a[n] * (double)b[n];
        return dot;
    }

    /// <summary>0 for the least, 1 for the greatest; equal values share the mean of their places.</summary>
    private static double[] Places(double[] values) => values.Length == 1
        ? [1]
        : [.. values.Select(v => (values.Count(other => other < v) + ((values.Count(other => other == v) - 1) / 2.0)) / (values.Length - 1))];
}
