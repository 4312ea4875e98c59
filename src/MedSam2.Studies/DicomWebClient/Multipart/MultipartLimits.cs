namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>What the sender of a multipart body may ask of its reader.</summary>
/// <param name="MaxParts">Number of parts.</param>
/// <param name="MaxHeaderBytes">All header lines of one part; and what may stand before the first boundary.</param>
/// <param name="MaxBoundaryBytes">RFC 2046 allows 70; some senders are less strict.</param>
/// <param name="MaxPartBytes">Content of one part.</param>
public sealed record MultipartLimits(int MaxParts = 100_000, int MaxHeaderBytes = 1 << 14, int MaxBoundaryBytes = 200, long MaxPartBytes = 2L << 30)
{
    public static readonly MultipartLimits Default = new();
}
