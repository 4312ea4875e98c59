using MedSam2.Imaging.Geometry;

namespace MedSam2.Studies.Series;

/// <summary>
/// Where one slice lies in the patient (PS3.3 C.7.6.2): LPS millimetres.
/// </summary>
/// <param name="Position">Centre of the first pixel.</param>
/// <param name="RowDirection">Unit vector along a row, from left to right on the picture.</param>
/// <param name="ColumnDirection">Unit vector down a column.</param>
/// <param name="BetweenColumns">Millimetres between pixels of a row.</param>
/// <param name="BetweenRows">Millimetres between pixels of a column.</param>
/// <param name="Thickness">What the header says about the distance to the next slice, if anything.</param>
internal readonly record struct SlicePlane(
    Vector3D Position,
    Vector3D RowDirection,
    Vector3D ColumnDirection,
    double BetweenColumns,
    double BetweenRows,
    double? Thickness)
{
    public Vector3D Normal => RowDirection.Cross(ColumnDirection).Normalized();
}
