using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Images;

/// <summary>A volume in memory.</summary>
/// <param name="Volume">The grid and its values.</param>
/// <param name="Series">The DICOM series that it came from; null for an uploaded volume.</param>
/// <param name="IsPicture">Whether it is a single picture rather than a volume.</param>
internal sealed record LoadedImage(Volume Volume, SeriesVolume? Series, bool IsPicture = false)
{
    /// <summary>A DICOM series, or the part of one that was read.</summary>
    public LoadedImage(SeriesVolume series)
        : this(series.Volume, series, series.Kind == SeriesKind.Picture)
    {
    }

    /// <summary>What it holds of memory, without the headers.</summary>
    public long Bytes => Volume.Voxels switch
    {
        Int16Voxels => Volume.Voxels.Count * sizeof(short),
        _ => Volume.Voxels.Count * sizeof(float),
    };
}
