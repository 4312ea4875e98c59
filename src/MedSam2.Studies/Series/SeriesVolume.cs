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

    /// <summary>Whether the third axis is space or time.</summary>
    public SeriesKind Kind { get; internal init; }

    /// <summary>Which of the series' volumes or pictures this is, from 1.</summary>
    public int Part { get; internal init; } = 1;

    /// <summary>How many volumes (times, echoes, stacks) or pictures the series holds.</summary>
    public int PartCount { get; internal init; } = 1;

    /// <summary>What the values are: <c>SUVbw</c> for PET, <c>HU</c> for CT, another unit as the header names it, or empty.</summary>
    public string Unit { get; internal init; } = "";

    /// <summary>For PET that could not be brought to SUV, what is missing; else null.</summary>
    public string? WhyNoUptake { get; internal init; }

    /// <summary>The grid and its real values; slice k of it is <c>Slices[k]</c>.</summary>
    public Volume Volume { get; }

    public string StudyInstanceUid { get; }

    public string SeriesInstanceUid { get; }

    /// <summary>One entry a slice: ascending along the slices' normal, or in order of time.</summary>
    public IReadOnlyList<SliceSource> Slices { get; }

    /// <summary>The instances' headers in slice order, each once: what a segmentation of this volume refers to.</summary>
    public IReadOnlyList<DicomDataset> SourceHeaders { get; }

    /// <summary>
    /// For every frame of <see cref="SourceHeaders"/>, in their order, its slice here; null for frames of other volumes. A multi-frame
    /// image need not store its frames in the order of the stack, nor all of them for one stack.
    /// </summary>
    public IReadOnlyList<int?> SlicesOfSourceFrames()
    {
        var own = Slices.Select((source, k) => (source, k)).ToLookup(s => s.source.Header, ReferenceEqualityComparer.Instance);
        return [.. SourceHeaders.SelectMany(header =>
        {
            var frames = new int?[(int)(HeaderValues.Decimal(header, DicomTag.NumberOfFrames) ?? 1)];
            foreach (var (source, k) in own[header])
                frames[source.Frame] = k;
            return frames;
        })];
    }
}
