namespace MedSam2.Studies.Series;

/// <summary>What the values of a series are, and the factor that makes them so.</summary>
/// <param name="Unit"><c>SUVbw</c> (g/ml) where PET could be brought to it, else what the header says (<c>BQML</c>, <c>HU</c>), or empty.</param>
/// <param name="Factor">Applied after the rescale of each frame.</param>
/// <param name="Why">For PET that is not in SUV, what is missing; else null.</param>
internal readonly record struct ValueUnit(string Unit, double Factor = 1, string? Why = null);
