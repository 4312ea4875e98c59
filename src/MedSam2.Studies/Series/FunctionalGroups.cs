using FellowOakDicom;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>
/// Where an attribute of one frame is to be looked for (PS3.3 C.7.6.16): among the frame's own groups, among those that
/// all frames share, or, in a plain image, in the header itself.
/// </summary>
internal readonly struct FunctionalGroups
{
    private readonly DicomDataset _header;
    private readonly DicomDataset? _shared;
    private readonly DicomDataset? _own;

    /// <param name="header">The instance's header.</param>
    /// <param name="frame">Zero-based frame.</param>
    public FunctionalGroups(DicomDataset header, int frame)
    {
        _header = header;
        _shared = HeaderValues.FirstItem(header, DicomTag.SharedFunctionalGroupsSequence);
        _own = HeaderValues.Items(header, DicomTag.PerFrameFunctionalGroupsSequence) is { } all && frame < all.Count ? all[frame] : null;
    }

    /// <summary>The dataset that holds the attributes of a group, such as <see cref="DicomTag.PlanePositionSequence"/>.</summary>
    public DicomDataset this[DicomTag group] => HeaderValues.FirstItem(_own, group) ?? HeaderValues.FirstItem(_shared, group) ?? _header;

    /// <summary>From stored values to real ones.</summary>
    /// <exception cref="SeriesException">The slope is zero or no number.</exception>
    public (double Slope, double Intercept) Rescale()
    {
        var group = this[DicomTag.PixelValueTransformationSequence];
        var slope = HeaderValues.Decimal(group, DicomTag.RescaleSlope) ?? 1;
        if (slope is 0)
            throw HeaderValues.Malformed(DicomTag.RescaleSlope, "is zero, which wipes out the picture");
        return (slope, HeaderValues.Decimal(group, DicomTag.RescaleIntercept) ?? 0);
    }

    /// <summary>The first value of an attribute that is in a frame's group or, in plain images, in the header itself; null where it is in neither.</summary>
    public string? Value(DicomTag? group, DicomTag tag) =>
        (group is not null && HeaderValues.FirstText(this[group], tag) is { Length: > 0 } own ? own : HeaderValues.FirstText(_header, tag)) is { Length: > 0 } value ? value : null;

    /// <summary>The first window that the header suggests, if any; a table of greys is taken for the range that it spans.</summary>
    public (double Center, double Width)? Window()
    {
        var group = this[DicomTag.FrameVOILUTSequence];
        if (HeaderValues.Decimal(group, DicomTag.WindowCenter) is { } center && HeaderValues.Decimal(group, DicomTag.WindowWidth) is { } width and >= 1)
            return (center, width);
        if (HeaderValues.FirstItem(group, DicomTag.VOILUTSequence) is not { } table || HeaderValues.Words(table, DicomTag.LUTDescriptor) is not [var entries, var first, ..])
            return null;
        var span = entries == 0 ? 65536 : entries;
        // The first value is signed where what comes out of the rescale is.
        var signed = HeaderValues.UnsignedShort(_header, DicomTag.PixelRepresentation) == 1 || Rescale().Intercept < 0;
        int low = signed ? (short)first : first;
        return (low + (span / 2.0), span);
    }

    public IntensityWindow? IntensityWindow() =>
        Window() is var (center, width) ? Imaging.Volumes.IntensityWindow.FromCenterWidth((float)center, (float)width) : null;
}
