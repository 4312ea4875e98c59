namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>Bounds for a pickle from an untrusted file. A checkpoint of the largest published SAM 2 with its optimizer stays far below each.</summary>
internal static class PickleLimits
{
    /// <summary>Of all pickles of one file together; the time and memory of the reader grow with this and nothing else.</summary>
    public const int MostOperations = 2_000_000;

    public const int MostStackEntries = 100_000;

    public const int MostRemembered = 500_000;

    /// <summary>In bytes; text beyond a name has no place beside weights.</summary>
    public const int LongestString = 1 << 20;

    /// <summary>In bytes; of a module or a class.</summary>
    public const int LongestGlobal = 200;

    /// <summary>In bytes; long enough for the magic number of the old format.</summary>
    public const int LongestInteger = 16;

    public const int MostTensors = 100_000;

    /// <summary>How many times the file's size all its tensors together may have: tensors may share values, but not without end.</summary>
    public const int MostExpansion = 16;
}
