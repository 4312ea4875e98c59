namespace MedSam2.Studies.DicomWebClient;

/// <summary>Why the archive could not do what it was asked.</summary>
public enum ArchiveFault
{
    /// <summary>The archive has no such study, series, instance or value.</summary>
    NotFound,

    /// <summary>Nobody answers at the address, or the connection broke.</summary>
    Unreachable,

    /// <summary>The answer, or the next piece of it, did not come in time.</summary>
    TimedOut,

    /// <summary>The archive asks to come back later (429, 503).</summary>
    Busy,

    /// <summary>The archive refuses this server's login (401, 403), or its certificate cannot be trusted.</summary>
    LoginRefused,

    /// <summary>An address outside of the allowed archives.</summary>
    NotAllowed,

    /// <summary>The archive has the object, but not in a form that is read here.</summary>
    NoSuitableForm,

    /// <summary>The answer is not what DICOMweb says it should be.</summary>
    BadAnswer,

    /// <summary>The archive failed, or refuses the request (other statuses).</summary>
    Failed,

    /// <summary>More bytes or results than the limits allow.</summary>
    TooLarge,

    /// <summary>This machine's disk is full.</summary>
    NoSpace,
}
