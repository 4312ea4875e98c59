namespace Dicom.Segmentation;

/// <summary>How membership of a segment is stored: Segmentation Type (0062,0001).</summary>
public enum SegmentationEncoding
{
    /// <summary>One bit a pixel, one frame for each segment and slice. Read by every viewer; segments may overlap.</summary>
    Binary,

    /// <summary>A probability or an occupancy for each pixel. Read only, through a threshold.</summary>
    Fractional,

    /// <summary>The segment's number in each pixel, one frame for each slice (Label Map Segmentation Storage, DICOM 2024d). Segments cannot overlap.</summary>
    LabelMap,
}
