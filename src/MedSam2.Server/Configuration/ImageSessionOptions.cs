namespace MedSam2.Server.Configuration;

/// <summary>Images that a client uploads for a while (section <c>MedSam2:Sessions</c>).</summary>
internal sealed class ImageSessionOptions
{
    public const string Section = "MedSam2:Sessions";

    /// <summary>
    /// Longest time in seconds that a session lasts after its last use (60 to 31,536,000), and what it gets unasked. Half a
    /// day: Slicer does not upload again by itself.
    /// </summary>
    public int ExpirySeconds { get; set; } = 12 * 3600;

    /// <summary>Sessions at once (1 to 100,000); the next one is answered 503.</summary>
    public int Most { get; set; } = 1000;
}
