using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Reads a plane from the image plane attributes or from functional groups.</summary>
internal static class PlaneReader
{
    // Direction cosines are stored with few digits; beyond this they are no right angle.
    private const double DirectionTolerance = 1e-3;

    /// <summary>From whichever datasets hold position, orientation and spacing. Null where one of them is not said.</summary>
    /// <exception cref="SegmentationException">They are said and make no plane.</exception>
    public static SlicePlane? Read(DicomDataset? position, DicomDataset? orientation, DicomDataset? measures)
    {
        var at = position?.Numbers(DicomTag.ImagePositionPatient, 3);
        var directions = orientation?.Numbers(DicomTag.ImageOrientationPatient, 6);
        var spacing = measures?.Numbers(DicomTag.PixelSpacing, 2);
        if (at is null || directions is null || spacing is null)
            return null;

        var row = new PatientVector(directions[0], directions[1], directions[2]);
        var column = new PatientVector(directions[3], directions[4], directions[5]);
        if (Math.Abs(row.Length - 1) > DirectionTolerance || Math.Abs(column.Length - 1) > DirectionTolerance
            || Math.Abs(row.Dot(column)) > DirectionTolerance)
            throw new SegmentationException("Image Orientation (Patient) is not two unit vectors at a right angle.");
        if (spacing[0] <= 0 || spacing[1] <= 0)
            throw new SegmentationException("Pixel Spacing is not positive.");
        return new SlicePlane(new PatientVector(at[0], at[1], at[2]), row, column, spacing[0], spacing[1]);
    }

    /// <summary>From a frame's own functional groups, else from those that all frames share.</summary>
    public static SlicePlane? Read(DicomDataset? perFrame, DicomDataset? shared) => Read(
        Group(perFrame, shared, DicomTag.PlanePositionSequence),
        Group(perFrame, shared, DicomTag.PlaneOrientationSequence),
        Group(perFrame, shared, DicomTag.PixelMeasuresSequence));

    public static DicomDataset? Group(DicomDataset? perFrame, DicomDataset? shared, DicomTag sequence) =>
        perFrame?.FirstItem(sequence) ?? shared?.FirstItem(sequence);
}
