namespace Dicom.Segmentation;

/// <summary>Where a frame's pixels lie in the patient (PS3.3 C.7.6.2.1.1).</summary>
/// <param name="Position">Centre of the first pixel: Image Position (Patient).</param>
/// <param name="RowDirection">Unit vector along a row, towards larger columns: the first half of Image Orientation (Patient).</param>
/// <param name="ColumnDirection">Unit vector along a column, towards larger rows.</param>
/// <param name="RowSpacing">Millimetres between rows: the first value of Pixel Spacing.</param>
/// <param name="ColumnSpacing">Millimetres between columns: the second value of Pixel Spacing.</param>
public sealed record SlicePlane(
    PatientVector Position,
    PatientVector RowDirection,
    PatientVector ColumnDirection,
    double RowSpacing,
    double ColumnSpacing)
{
    /// <summary>Unit vector across the slice.</summary>
    public PatientVector Normal => RowDirection.Cross(ColumnDirection);

    /// <summary>The centre of a pixel; the first is (0, 0).</summary>
    public PatientVector At(double column, double row) =>
        Position + (RowDirection * (column * ColumnSpacing)) + (ColumnDirection * (row * RowSpacing));

    internal bool IsParallelTo(SlicePlane other) => Math.Abs(Normal.Dot(other.Normal)) > 0.9999;

    internal bool HasOrientationOf(SlicePlane other) =>
        RowDirection == other.RowDirection && ColumnDirection == other.ColumnDirection;

    internal bool HasSpacingOf(SlicePlane other) =>
        RowSpacing.Equals(other.RowSpacing) && ColumnSpacing.Equals(other.ColumnSpacing);
}
