using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>What to write about a segmentation besides its segments. The defaults make a valid object.</summary>
public sealed record SegmentationOptions
{
    /// <summary><see cref="SegmentationEncoding.Binary"/>, or <see cref="SegmentationEncoding.LabelMap"/>.</summary>
    public SegmentationEncoding Encoding { get; init; } = SegmentationEncoding.Binary;

    /// <summary>A name for programs: capitals, digits, space and underscore, at most 16.</summary>
    public string ContentLabel { get; init; } = "SEGMENTATION";

    public string? ContentDescription { get; init; }

    /// <summary>Who made it, as a DICOM person name (<c>Family^Given</c>).</summary>
    public string? ContentCreatorName { get; init; }

    public string SeriesDescription { get; init; } = "Segmentation";

    public int SeriesNumber { get; init; } = 300;

    public int InstanceNumber { get; init; } = 1;

    public SegmentationEquipment Equipment { get; init; } = new();

    /// <summary>Dates and times of series and content; the present when null.</summary>
    public DateTime? Created { get; init; }

    /// <summary>A new one when null. Give it to put several segmentations into one series.</summary>
    public DicomUID? SeriesInstanceUid { get; init; }

    /// <summary>A new one when null. Given together with <see cref="Created"/> and the other UIDs, the same input makes the same bytes.</summary>
    public DicomUID? SopInstanceUid { get; init; }

    /// <summary>A new one when null.</summary>
    public DicomUID? DimensionOrganizationUid { get; init; }
}

/// <summary>The program that writes (PS3.3 C.7.5.2).</summary>
public sealed record SegmentationEquipment
{
    public string Manufacturer { get; init; } = "Dicom.Segmentation";

    public string ModelName { get; init; } = "Dicom.Segmentation";

    public string SerialNumber { get; init; } = "1";

    public string SoftwareVersions { get; init; } = typeof(SegmentationEquipment).Assembly.GetName().Version?.ToString(3) ?? "0";
}
