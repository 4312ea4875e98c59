namespace MedSam2.Studies.DicomWebClient;

/// <summary>Attribute names of the DICOM JSON model that are looked at without reading the whole dataset.</summary>
internal static class DicomTags
{
    public const string Study = "0020000D";
    public const string Series = "0020000E";
    public const string Instance = "00080018";
    public const string RetrieveUrl = "00081190";
    public const string Availability = "00080056";
    public const string ReferencedInstance = "00081155";
    public const string FailedSequence = "00081198";
    public const string StoredSequence = "00081199";
    public const string FailureReason = "00081197";
}
