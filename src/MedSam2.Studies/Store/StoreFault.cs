namespace MedSam2.Studies.Store;

/// <summary>Why the store could not do what it was asked.</summary>
public enum StoreFault
{
    /// <summary>No such study, series, instance or frame.</summary>
    NotFound,

    /// <summary>The instance lies in a folder that is served in place and never changed.</summary>
    ReadOnly,

    /// <summary>A query or identifier that makes no sense.</summary>
    BadRequest,

    /// <summary>More bytes or instances than the limits allow.</summary>
    TooLarge,

    /// <summary>The disk is full.</summary>
    NoSpace,

    /// <summary>The data folder cannot be used: missing rights, or another process has it.</summary>
    Unusable,

    /// <summary>Something else of the same name is there already.</summary>
    Conflict,

    /// <summary>A stored file is gone or damaged.</summary>
    Damaged,
}
