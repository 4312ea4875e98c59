namespace MedSam2.Studies.Series;

/// <summary>
/// A set of DICOM instances is not one volume. The message names the cause and what to do, and holds no patient data.
/// </summary>
public sealed class SeriesException : Exception
{
    public SeriesException(SeriesFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public SeriesFault Fault { get; }

    /// <summary>Which of the files or instances that were given is at fault, from 0; null where it is none alone.</summary>
    public int? Instance { get; init; }
}
