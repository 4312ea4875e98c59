namespace MedSam2.Server.Configuration;

/// <summary>What one request may cost (section <c>MedSam2:Limits</c>).</summary>
internal sealed class LimitOptions
{
    public const string Section = "MedSam2:Limits";

    /// <summary>Largest request body in MiB (1 to 65,536).</summary>
    public int UploadMegabytes { get; set; } = 4096;

    /// <summary>Largest <c>params</c> text in KiB (1 to 65,536).</summary>
    public int ParamsKilobytes { get; set; } = 1024;

    /// <summary>Points in one request (1 to 10,000).</summary>
    public int Points { get; set; } = 500;

    /// <summary>Parts in one multipart body (1 to 1,000).</summary>
    public int Parts { get; set; } = 32;

    /// <summary>Files in one multipart body (1 to 100,000): a session may upload a series.</summary>
    public int Files { get; set; } = 10_000;

    /// <summary>Requests that may wait for the device; the next one is answered 503 (1 to 10,000).</summary>
    public int Waiting { get; set; } = 64;

    public long UploadBytes => (long)UploadMegabytes << 20;

    public int ParamsBytes => ParamsKilobytes << 10;
}
