namespace MedSam2.Server.Device;

/// <summary>What goes first on the device. Work of a higher priority waits for the step in hand, and for nothing else.</summary>
internal enum DevicePriority
{
    /// <summary>Somebody looks at the screen and waits: a prompt, an undo, a mask that is opened.</summary>
    Click,

    /// <summary>A slice of an object that is carried through a volume.</summary>
    Propagation,

    /// <summary>Slices encoded before anybody asks.</summary>
    EncodeAhead,

    /// <summary>Jobs: batches, evaluations, training, one step at a time.</summary>
    Batch,
}
