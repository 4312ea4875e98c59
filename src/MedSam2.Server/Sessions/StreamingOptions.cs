using Microsoft.Extensions.Options;

namespace MedSam2.Server.Sessions;

/// <summary>Interactive sessions (section <c>MedSam2:Streaming</c>).</summary>
internal sealed class StreamingOptions
{
    public const string Section = "MedSam2:Streaming";

    /// <summary>Largest message of a client, in KiB (32 to 65,536).</summary>
    public int MessageKilobytes { get; set; } = 1024;

    /// <summary>Minutes after its last use that a session stays in memory (1 to 10,080); then it comes back from disk.</summary>
    public int IdleMinutes { get; set; } = 15;

    /// <summary>Sessions in memory at once (1 to 10,000).</summary>
    public int Sessions { get; set; } = 100;

    /// <summary>Sessions in memory at once that one user opened (1 to 10,000).</summary>
    public int SessionsPerUser { get; set; } = 20;

    /// <summary>Encoded slices that one session keeps, in MiB (1 to 65,536).</summary>
    public int SessionMegabytes { get; set; } = 512;

    /// <summary>Encoded slices that all sessions together keep on the device, in MiB (1 to 1,048,576).</summary>
    public int TotalMegabytes { get; set; } = 4096;

    /// <summary>Encoded slices that a GPU has no room for, kept in the host's memory, in MiB (0 to 1,048,576).</summary>
    public int SpillMegabytes { get; set; } = 8192;

    /// <summary>Steps that can be undone (50 to 1,000).</summary>
    public int UndoSteps { get; set; } = 100;

    /// <summary>Days that a session is kept on disk after its last use (1 to 3,650).</summary>
    public int KeptDays { get; set; } = 30;

    /// <summary>Slices on each side of the view that are encoded before anybody asks (0 to 64).</summary>
    public int EncodeAhead { get; set; } = 4;

    public long SessionBytes => (long)SessionMegabytes << 20;

    public long SpillBytes => (long)SpillMegabytes << 20;

    public long TotalBytes => (long)TotalMegabytes << 20;
}

/// <summary>Reports every number that lies outside its range.</summary>
internal sealed class StreamingOptionsValidator : IValidateOptions<StreamingOptions>
{
    public ValidateOptionsResult Validate(string? name, StreamingOptions options) => Configuration.RangeValidator.Report(
        StreamingOptions.Section,
        (nameof(options.MessageKilobytes), options.MessageKilobytes, 32, 65_536),
        (nameof(options.IdleMinutes), options.IdleMinutes, 1, 10_080),
        (nameof(options.Sessions), options.Sessions, 1, 10_000),
        (nameof(options.SessionsPerUser), options.SessionsPerUser, 1, 10_000),
        (nameof(options.SessionMegabytes), options.SessionMegabytes, 1, 65_536),
        (nameof(options.TotalMegabytes), options.TotalMegabytes, 1, 1_048_576),
        (nameof(options.SpillMegabytes), options.SpillMegabytes, 0, 1_048_576),
        (nameof(options.UndoSteps), options.UndoSteps, 50, 1_000),
        (nameof(options.KeptDays), options.KeptDays, 1, 3_650),
        (nameof(options.EncodeAhead), options.EncodeAhead, 0, 64));
}
