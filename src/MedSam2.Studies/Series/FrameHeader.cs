using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>What a volume needs to know of one frame.</summary>
internal sealed record FrameHeader(SlicePlane Plane, double Slope, double Intercept, IntensityWindow? Window)
{
    /// <param name="dataset">The instance's header.</param>
    /// <param name="frame">Zero-based frame.</param>
    /// <exception cref="SeriesException">The frame has no place in the patient, or values that make no sense.</exception>
    public static FrameHeader Read(DicomDataset dataset, int frame)
    {
        var groups = new FunctionalGroups(dataset, frame);
        var (slope, intercept) = groups.Rescale();
        var plane = ReadPlane(groups[DicomTag.PlanePositionSequence], groups[DicomTag.PlaneOrientationSequence], groups[DicomTag.PixelMeasuresSequence]);
        return new(plane, slope, intercept, groups.IntensityWindow());
    }

    private static SlicePlane ReadPlane(DicomDataset placed, DicomDataset oriented, DicomDataset measured)
    {
        var position = HeaderValues.Decimals(placed, DicomTag.ImagePositionPatient, 3) ?? throw NoPosition(DicomTag.ImagePositionPatient);
        var cosines = HeaderValues.Decimals(oriented, DicomTag.ImageOrientationPatient, 6) ?? throw NoPosition(DicomTag.ImageOrientationPatient);
        var spacing = HeaderValues.Decimals(measured, DicomTag.PixelSpacing, 2) ?? throw NoPosition(DicomTag.PixelSpacing);
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

    private static SeriesException NoPosition(DicomTag tag) => new(
        SeriesFault.NoPosition,
        $"A slice has no {tag.DictionaryEntry.Keyword} {tag}, so its place in the patient is unknown. Choose a series with positions (a scout or a screenshot is not a volume).");
}
