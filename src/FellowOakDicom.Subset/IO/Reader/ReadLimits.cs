#nullable enable

namespace FellowOakDicom.IO.Reader;

/// <summary>What a file may make the reader do. All real files stay far below.</summary>
internal static class ReadLimits
{
    /// <summary>Sequences within sequences; deeper ones would exhaust the stack of this reader and of those that walk its datasets.</summary>
    public const int SequenceDepth = 256;

    /// <summary>Elements and sequence items of a file together: each costs some two hundred bytes of memory however short it is.</summary>
    public const int Items = 2_000_000;

    /// <summary>Bytes that a deflated dataset may grow to, whatever its size: mostly empty label maps deflate to almost nothing.</summary>
    public const long InflatedBytes = 256 << 20;

    /// <summary>Times its size that a larger deflated dataset may grow.</summary>
    public const long InflatedRatio = 200;
}
