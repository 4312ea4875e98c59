namespace MedSam2.Server.Sessions.Storage;

/// <summary>A session. Times are Unix seconds.</summary>
internal sealed class SessionRow
{
    public required string Id { get; set; }

    public required string Image { get; set; }

    /// <summary>Voxels along i, j, k, as <c>i x j x k</c>: another image under the same id is refused.</summary>
    public required string Grid { get; set; }

    public required string Model { get; set; }

    public required string ModelSha256 { get; set; }

    /// <summary>What it was opened with, as JSON.</summary>
    public required string Options { get; set; }

    public required string Owner { get; set; }

    public long LastUsed { get; set; }

    /// <summary>The last frame's number.</summary>
    public long Sequence { get; set; }

    /// <summary>The last step that counts; 0 where none does.</summary>
    public int Head { get; set; }
}

/// <summary>What people call an object.</summary>
internal sealed class ObjectLabelRow
{
    public required string SessionId { get; set; }

    public int ObjectId { get; set; }

    /// <summary>JSON.</summary>
    public required string Label { get; set; }
}

/// <summary>The last frame of an object's slice.</summary>
internal sealed class FrameRow
{
    public required string SessionId { get; set; }

    public int ObjectId { get; set; }

    public required string Plane { get; set; }

    public int Index { get; set; }

    /// <summary>The frame, as it travels in MessagePack.</summary>
    public required byte[] Frame { get; set; }
}

/// <summary>Something that can be undone.</summary>
internal sealed class StepRow
{
    public required string SessionId { get; set; }

    /// <summary>From 1, without gaps.</summary>
    public int Number { get; set; }

    public required string Text { get; set; }
}

/// <summary>An object after a step that changed it.</summary>
internal sealed class ObjectStateRow
{
    public required string SessionId { get; set; }

    public int ObjectId { get; set; }

    public int Step { get; set; }

    /// <summary>Null where it was removed.</summary>
    public byte[]? State { get; set; }
}

/// <summary>A call that changed the session, in the order of arrival. Nothing is ever taken back from this log.</summary>
internal sealed class LogRow
{
    public required string SessionId { get; set; }

    public int Number { get; set; }

    /// <summary>The call as JSON.</summary>
    public required string Entry { get; set; }

    /// <summary>SHA-256 over the hash before it and the entry, lower-case hexadecimal.</summary>
    public required string Hash { get; set; }
}
