namespace MedSam2.Server.DicomWeb;

/// <summary>A DICOMweb request that cannot be answered as it stands; the message tells its sender the cause and the mend.</summary>
internal sealed class DicomWebException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status { get; } = status;

    public static DicomWebException BadRequest(string message, Exception? inner = null) => new(StatusCodes.Status400BadRequest, message, inner);

    public static DicomWebException NotFound(string message) => new(StatusCodes.Status404NotFound, message);

    public static DicomWebException NotAcceptable(string message, Exception? inner = null) => new(StatusCodes.Status406NotAcceptable, message, inner);

    public static DicomWebException UnsupportedMedia(string message) => new(StatusCodes.Status415UnsupportedMediaType, message);
}
