namespace FellowOakDicom;

/// <summary>Who is written into File Meta Information as the writer of a file.</summary>
public static class DicomImplementation
{
    public static DicomUID ClassUID { get; set; } = new("2.25.184010054163556305321491243500475202113", "Implementation Class UID", DicomUidType.Unknown);

    public static string Version { get; set; } = "MEDSAM2_DICOM_01";
}
