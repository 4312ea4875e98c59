namespace MedSam2.Studies.Pixels;

/// <summary>What decoding one frame may cost, and how many are decoded at a time.</summary>
public sealed record DecoderLimits
{
    public static readonly DecoderLimits Default = new();

    /// <summary>Most bytes of a decoded frame.</summary>
    public long MaxFrameBytes { get; init; } = 1L << 29;

    /// <summary>Most memory of one decoder process in bytes; its runtime takes about 100 MB of that.</summary>
    public long ProcessMemory { get; init; } = 4L << 30;

    /// <summary>Most processor time for one frame, kept by the kernel in whole seconds.</summary>
    public TimeSpan ProcessorTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most time on the clock for one frame, after which its process is ended.</summary>
    public TimeSpan WallClock { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Decoder processes side by side.</summary>
    public int Processes { get; init; } = Environment.ProcessorCount;

    /// <summary>Where decoders look for the system's libraries first; null for the system's places alone.</summary>
    public string? LibraryFolder { get; init; }
}
