namespace MedSam2.Training.Evaluation;

/// <summary>Whether a method knew on which slices a structure is: what its masks say of the slices that nobody prompted.</summary>
/// <param name="Empty">Slices without the structure.</param>
/// <param name="LeftEmpty">Of these, those whose mask is empty.</param>
/// <param name="Held">Slices with the structure.</param>
/// <param name="Found">Of these, those whose mask is not empty.</param>
public sealed record SlicePresence(int Empty, int LeftEmpty, int Held, int Found)
{
    /// <summary>Counts of several structures together.</summary>
    public static SlicePresence operator +(SlicePresence a, SlicePresence b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new(a.Empty + b.Empty, a.LeftEmpty + b.LeftEmpty, a.Held + b.Held, a.Found + b.Found);
    }
}
