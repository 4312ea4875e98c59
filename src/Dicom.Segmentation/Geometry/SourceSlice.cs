using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>A single-frame image, or one frame of a multi-frame one, that a segmentation is about.</summary>
internal sealed record SourceSlice(
    DicomDataset Dataset,
    string SopClassUid,
    string SopInstanceUid,
    int? FrameNumber,
    SlicePlane? Plane,
    double? Thickness)
{
    // Far above any study; a header that says more lies.
    private const int MostFrames = 1_000_000;

    /// <summary>All frames of the images, in the caller's order; a multi-frame image gives its frames in theirs.</summary>
    public static IReadOnlyList<SourceSlice> Of(IReadOnlyList<DicomDataset> source)
    {
        if (source.Count == 0)
            throw new SegmentationException("There is no source image.");
        var slices = new List<SourceSlice>(source.Count);
        var seen = new HashSet<string>();
        foreach (var image in source)
        {
            var sopClass = Required(image, DicomTag.SOPClassUID, "SOP Class UID");
            var instance = Required(image, DicomTag.SOPInstanceUID, "SOP Instance UID");
            if (!seen.Add(instance))
                throw new SegmentationException("Two source images have the same SOP Instance UID.");
            var frames = image.Integer(DicomTag.NumberOfFrames) ?? 1;
            var perFrame = image.Items(DicomTag.PerFrameFunctionalGroupsSequence);
            if (frames == 1 && perFrame.Count == 0)
            {
                var plane = PlaneReader.Read(image, image, image);
                slices.Add(new SourceSlice(image, sopClass, instance, null, plane, ThicknessOf(image)));
                continue;
            }

            if (frames < 1 || frames > MostFrames - slices.Count)
                throw new SegmentationException($"A source image says that it has {frames} frames.");
            if (perFrame.Count > 0 && perFrame.Count != frames)
                throw new SegmentationException($"A source image says {frames} frames and describes {perFrame.Count}.");
            var shared = image.FirstItem(DicomTag.SharedFunctionalGroupsSequence);
            for (var frame = 0; frame < frames; frame++)
            {
                var own = perFrame.Count > 0 ? perFrame[frame] : null;
                var measures = PlaneReader.Group(own, shared, DicomTag.PixelMeasuresSequence);
                slices.Add(new SourceSlice(
                    image, sopClass, instance, frame + 1, PlaneReader.Read(own, shared), ThicknessOf(measures)));
            }
        }

        return slices;
    }

    private static double? ThicknessOf(DicomDataset? measures) =>
        measures?.Number(DicomTag.SliceThickness) ?? measures?.Number(DicomTag.SpacingBetweenSlices);

    private static string Required(DicomDataset image, DicomTag tag, string name) =>
        image.Text(tag) ?? throw new SegmentationException($"A source image has no {name}.");
}
