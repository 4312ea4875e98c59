namespace MedSam2.Studies.DicomWebClient.Multipart;

/// <summary>A body is not the multipart that it claims to be, is cut short, or goes beyond the limits.</summary>
public sealed class MultipartFormatException(string message) : FormatException(message);
