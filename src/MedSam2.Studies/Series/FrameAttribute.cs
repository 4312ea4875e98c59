using System.Globalization;
using FellowOakDicom;

namespace MedSam2.Studies.Series;

/// <summary>An attribute by which frames at one place may differ: in plain images in the header, in enhanced ones in a group of the frame.</summary>
/// <param name="Group">The functional group, if there is one.</param>
/// <param name="Tag">The attribute.</param>
/// <param name="Day">For a time of day: the attribute with its date.</param>
internal sealed record FrameAttribute(DicomTag? Group, DicomTag Tag, DicomTag? Day = null)
{
    public static readonly DicomTag Content = DicomTag.FrameContentSequence;

    /// <summary>Numbers as numbers, before anything else; text by its characters.</summary>
    public static readonly IComparer<string?> Order = Comparer<string?>.Create(Compare);

    /// <summary>What to tell frames apart by, likeliest first.</summary>
    public static readonly IReadOnlyList<FrameAttribute> Discriminators =
    [
        new(Content, DicomTag.TemporalPositionIndex),
        new(null, DicomTag.TemporalPositionIdentifier),
        new(DicomTag.TemporalPositionSequence, DicomTag.TemporalPositionTimeOffset),
        new(DicomTag.CardiacSynchronizationSequence, DicomTag.NominalCardiacTriggerDelayTime),
        new(null, DicomTag.TriggerTime),
        new(DicomTag.CardiacSynchronizationSequence, DicomTag.NominalPercentageOfCardiacPhase),
        new(null, DicomTag.FrameReferenceTime),
        new(Content, DicomTag.FrameReferenceDateTime),
        new(Content, DicomTag.FrameAcquisitionNumber),
        new(null, DicomTag.AcquisitionNumber),
        new(Content, DicomTag.FrameAcquisitionDateTime),
        new(null, DicomTag.AcquisitionDateTime),
        new(null, DicomTag.AcquisitionTime, DicomTag.AcquisitionDate),
        new(null, DicomTag.ContentTime, DicomTag.ContentDate),
        new(null, DicomTag.EchoNumbers),
        new(DicomTag.MREchoSequence, DicomTag.EffectiveEchoTime),
        new(null, DicomTag.EchoTime),
        new(DicomTag.MRDiffusionSequence, DicomTag.DiffusionBValue),
    ];

    /// <summary>The value for one frame, or null where it has none.</summary>
    public string? Of(FunctionalGroups groups) => groups.Value(Group, Tag) is { } value ? Day is null ? value : groups.Value(null, Day) + value : null;

    private static int Compare(string? a, string? b)
    {
        var (first, second) = (Number(a), Number(b));
        return first is not null || second is not null ? (first ?? double.MaxValue).CompareTo(second ?? double.MaxValue) : string.CompareOrdinal(a, b);
    }

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
