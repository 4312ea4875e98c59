namespace MedSam2.Studies.DicomWebClient;

/// <summary>Whether this disk would not take a file.</summary>
internal static class DiskFault
{
    /// <summary>.NET reports a file beyond what the file system or a quota allows (EFBIG) as an argument out of range.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };
}
