namespace MedSam2.Studies.DicomWebClient;

/// <summary>The archive could not do what it was asked. The message names cause and mend, and holds no patient data.</summary>
public sealed class ArchiveException : Exception
{
    public ArchiveException(ArchiveFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public ArchiveFault Fault { get; }

    /// <summary>Whether the same request may succeed later, with nothing changed but the archive's state.</summary>
    public bool MayPass => Fault is ArchiveFault.Unreachable or ArchiveFault.TimedOut or ArchiveFault.Busy or ArchiveFault.LoginRefused or ArchiveFault.Failed or ArchiveFault.NoSpace;
}
