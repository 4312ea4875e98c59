namespace MedSam2.Studies.Series;

/// <summary>What a series may ask of the machine, checked before memory is taken.</summary>
/// <param name="MaxSlices">Instances or frames.</param>
/// <param name="MaxVoxels">Voxels of the volume; each takes two bytes, four where one rescale cannot hold them all.</param>
public sealed record SeriesLimits(int MaxSlices = 20_000, long MaxVoxels = 1L << 30)
{
    public static readonly SeriesLimits Default = new();
}
