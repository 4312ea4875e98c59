namespace MedSam2.Studies.Store;

/// <summary>Why an instance was not stored, in the numbers of PS3.18 table I.2-2.</summary>
public enum StoreFailure
{
    None = 0,

    /// <summary>The instance is there already, with other content.</summary>
    DuplicateInstance = 0x0111,

    /// <summary>The disk is full, or the instance is larger than the limit.</summary>
    OutOfResources = 0xA700,

    /// <summary>The instance belongs to another study than the one it was sent to.</summary>
    OtherStudy = 0xA901,

    /// <summary>Not a DICOM file, cut short, or without usable UIDs.</summary>
    CannotUnderstand = 0xC000,
}

/// <summary>What became of one instance that was sent.</summary>
/// <param name="Key">Its UIDs, as far as they could be read.</param>
/// <param name="SopClassUid">Its class, as far as it could be read.</param>
/// <param name="Failure"><see cref="StoreFailure.None"/> where it is stored now, be it only now or from before.</param>
/// <param name="Message">The cause and the mend of a failure.</param>
public sealed record StoreOutcome(InstanceKey? Key, string? SopClassUid, StoreFailure Failure = StoreFailure.None, string Message = "")
{
    public bool IsStored => Failure == StoreFailure.None;
}
