using FellowOakDicom;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>One slice's origin: the instance's header, without its pixels, and the frame within it.</summary>
/// <param name="Header">All attributes but the pixel data; shared by all frames of an instance. Not to be changed.</param>
/// <param name="Frame">Zero-based frame; 0 for a plain image.</param>
public readonly record struct SliceSource(DicomDataset Header, int Frame);

/// <summary>A DICOM series as a volume, and where each of its slices came from.</summary>
public sealed class SeriesVolume
{
    internal SeriesVolume(Volume volume, string studyInstanceUid, string seriesInstanceUid, IReadOnlyList<SliceSource> slices)
    {
        Volume = volume;
        StudyInstanceUid = studyInstanceUid;
        SeriesInstanceUid = seriesInstanceUid;
        Slices = slices;
        SourceHeaders = slices.Select(s => s.Header).Distinct(ReferenceEqualityComparer.Instance).Cast<DicomDataset>().ToArray();
    }

    /// <summary>The grid and its real values; slice k of it is <c>Slices[k]</c>.</summary>
    public Volume Volume { get; }

    public string StudyInstanceUid { get; }

    public string SeriesInstanceUid { get; }

    /// <summary>One entry a slice, ascending along the slices' normal.</summary>
    public IReadOnlyList<SliceSource> Slices { get; }

    /// <summary>The instances' headers in slice order, each once: what a segmentation of this volume refers to.</summary>
    public IReadOnlyList<DicomDataset> SourceHeaders { get; }
}
