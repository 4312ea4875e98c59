using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>What a volume needs to know of one frame, from a plain header or from functional groups (PS3.3 C.7.6.16).</summary>
internal sealed record FrameHeader(SlicePlane Plane, double Slope, double Intercept, IntensityWindow? Window)
{
    /// <param name="dataset">The instance's header.</param>
    /// <param name="frame">Zero-based frame.</param>
    /// <exception cref="SeriesException">The frame has no place in the patient, or values that make no sense.</exception>
    public static FrameHeader Read(DicomDataset dataset, int frame)
    {
        var shared = HeaderValues.FirstItem(dataset, DicomTag.SharedFunctionalGroupsSequence);
        var all = HeaderValues.Items(dataset, DicomTag.PerFrameFunctionalGroupsSequence);
        var own = all is not null && frame < all.Count ? all[frame] : null;

        DicomDataset Group(DicomTag tag) => HeaderValues.FirstItem(own, tag) ?? HeaderValues.FirstItem(shared, tag) ?? dataset;

        var rescale = Group(DicomTag.PixelValueTransformationSequence);
        var slope = HeaderValues.Decimal(rescale, DicomTag.RescaleSlope) ?? 1;
        var intercept = HeaderValues.Decimal(rescale, DicomTag.RescaleIntercept) ?? 0;
        if (slope is 0)
            throw HeaderValues.Malformed(DicomTag.RescaleSlope, "is zero, which wipes out the picture");

        var plane = ReadPlane(Group(DicomTag.PlanePositionSequence), Group(DicomTag.PlaneOrientationSequence), Group(DicomTag.PixelMeasuresSequence));
        return new(plane, slope, intercept, ReadWindow(Group(DicomTag.FrameVOILUTSequence)));
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

    private static IntensityWindow? ReadWindow(DicomDataset dataset)
    {
        var center = HeaderValues.Decimal(dataset, DicomTag.WindowCenter);
        var width = HeaderValues.Decimal(dataset, DicomTag.WindowWidth);
        return center is { } c && width is { } w and >= 1 ? IntensityWindow.FromCenterWidth((float)c, (float)w) : null;
    }

    private static SeriesException NoPosition(DicomTag tag) => new(
        SeriesFault.NoPosition,
        $"A slice has no {tag.DictionaryEntry.Keyword} {tag}, so its place in the patient is unknown. Choose a series with positions (a scout or a screenshot is not a volume).");
}
