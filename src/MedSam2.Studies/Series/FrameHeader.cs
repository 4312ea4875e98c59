using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>What a volume needs to know of one frame.</summary>
/// <param name="Plane">Its place in the patient; null for pictures that have none (X-ray, ultrasound, photographs).</param>
/// <param name="Real">What the stored values mean.</param>
/// <param name="Window">Over real values, if the header suggests one.</param>
internal sealed record FrameHeader(SlicePlane? Plane, RealValues Real, IntensityWindow? Window)
{
    /// <param name="dataset">The instance's header.</param>
    /// <param name="frame">Zero-based frame.</param>
    /// <param name="lut">The instance's modality table, if it has one.</param>
    /// <exception cref="SeriesException">The frame has values that make no sense.</exception>
    public static FrameHeader Read(DicomDataset dataset, int frame, ModalityLut? lut)
    {
        var groups = new FunctionalGroups(dataset, frame);
        return new(ReadPlane(groups), ReadReal(groups, lut), groups.IntensityWindow());
    }

    public static RealValues ReadReal(FunctionalGroups groups, ModalityLut? lut)
    {
        var (slope, intercept) = lut is null ? groups.Rescale() : (1, 0);
        return new(slope, intercept, lut);
    }

    /// <summary>With values multiplied by a factor.</summary>
    public FrameHeader Times(double factor) => this with { Real = Real.Times(factor), Window = Window?.Times(factor) };

    /// <summary>Millimetres between columns and rows of a picture without a place, as far as the header tells.</summary>
    public static (double X, double Y)? PixelSize(DicomDataset header)
    {
        foreach (var tag in new[] { DicomTag.PixelSpacing, DicomTag.ImagerPixelSpacing, DicomTag.NominalScannedPixelSpacing })
        {
            if (HeaderValues.Decimals(header, tag, 2) is [> 0 and var rows, > 0 and var columns, ..])
                return (columns, rows);
        }

        // Ultrasound: centimetres a pixel of a region; with several regions there is no one answer.
        const int Centimetres = 3;
        return HeaderValues.Items(header, DicomTag.SequenceOfUltrasoundRegions) is [var region]
            && HeaderValues.UnsignedShort(region, DicomTag.PhysicalUnitsXDirection) == Centimetres
            && HeaderValues.UnsignedShort(region, DicomTag.PhysicalUnitsYDirection) == Centimetres
            && HeaderValues.Decimal(region, DicomTag.PhysicalDeltaX) is { } x and not 0
            && HeaderValues.Decimal(region, DicomTag.PhysicalDeltaY) is { } y and not 0
            ? (Math.Abs(x) * 10, Math.Abs(y) * 10)
            : null;
    }

    private static SlicePlane? ReadPlane(FunctionalGroups groups)
    {
        var placed = groups[DicomTag.PlanePositionSequence];
        var oriented = groups[DicomTag.PlaneOrientationSequence];
        var measured = groups[DicomTag.PixelMeasuresSequence];
        if (HeaderValues.Decimals(placed, DicomTag.ImagePositionPatient, 3) is not { } position
            || HeaderValues.Decimals(oriented, DicomTag.ImageOrientationPatient, 6) is not { } cosines
            || HeaderValues.Decimals(measured, DicomTag.PixelSpacing, 2) is not { } spacing)
            return null;
        if (!(spacing[0] > 0) || !(spacing[1] > 0))
            throw HeaderValues.Malformed(DicomTag.PixelSpacing, "is not positive");

        var row = new Vector3D(cosines[0], cosines[1], cosines[2]);
        var column = new Vector3D(cosines[3], cosines[4], cosines[5]);
        if (Math.Abs(row.Length - 1) > 0.01 || Math.Abs(column.Length - 1) > 0.01 || Math.Abs(row.Dot(column)) > 0.01)
            throw HeaderValues.Malformed(DicomTag.ImageOrientationPatient, "holds no two perpendicular unit vectors");

        var thickness = HeaderValues.Decimal(measured, DicomTag.SpacingBetweenSlices) ?? HeaderValues.Decimal(measured, DicomTag.SliceThickness);
        return new(
            new(position[0], position[1], position[2]),
            row.Normalized(),
            column.Normalized(),
            BetweenColumns: spacing[1],
            BetweenRows: spacing[0],
            thickness is { } mm and not 0 ? Math.Abs(mm) : null);
    }
}
