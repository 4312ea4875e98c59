using Dicom.Segmentation;
using MedSam2.Imaging.Geometry;
using MedSam2.Inference;

namespace MedSam2.Server.Segmentation;

/// <summary>What the verb <c>segment</c> was told.</summary>
/// <param name="Image">Path of the image.</param>
/// <param name="Part">Which volume or picture of a DICOM series that holds several, from 1.</param>
/// <param name="Prompts">Reads the prompts once the image's size is known.</param>
/// <param name="Output">The file to write; its ending says what.</param>
/// <param name="Replace">Whether a file that is there may go.</param>
/// <param name="Name">What the object is.</param>
/// <param name="Encoding">How a DICOM SEG is stored.</param>
/// <param name="Tracking">How it is carried from slice to slice.</param>
/// <param name="Orientations">Along which stacks it is carried; null stays on the prompted slices.</param>
/// <param name="Json">Whether the report is for machines.</param>
internal sealed record SegmentRequest(
    string Image,
    int Part,
    Func<VolumeGeometry, IReadOnlyList<SlicePrompt>> Prompts,
    string Output,
    bool Replace,
    string Name,
    SegmentationEncoding Encoding,
    TrackingOptions Tracking,
    OrientationChoice? Orientations,
    bool Json);
