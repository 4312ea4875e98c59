namespace MedSam2.Training.ActiveLearning;

/// <summary>How much work a score may be.</summary>
public sealed record ImageScorerOptions
{
    /// <summary>
    /// How many slices an object is followed from where it starts, both ways and in each of the three planes (1 to 100): what lies farther away
    /// has no part in the disagreement. Pictures have none.
    /// </summary>
    public int Reach { get; init; } = 2;

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Validate()
    {
        if (Reach is < 1 or > 100)
            throw new ArgumentException($"The reach is {Reach} slices, but must lie in 1 to 100.");
    }
}
