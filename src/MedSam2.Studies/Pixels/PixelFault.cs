using FellowOakDicom;

namespace MedSam2.Studies.Pixels;

/// <summary>What a DICOM library throws at pixels that are damaged.</summary>
public static class PixelFault
{
    /// <summary>Whether an exception tells of damaged pixels rather than of a defect here. fo-dicom's run-length decoder, for one, throws plain ones.</summary>
    public static bool Is(Exception exception) => exception is DicomException or IOException or ArgumentException or IndexOutOfRangeException
        or OverflowException or InvalidCastException or InvalidOperationException;
}
