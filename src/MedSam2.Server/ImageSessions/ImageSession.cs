using System.Text.Json.Serialization;

namespace MedSam2.Server.ImageSessions;

/// <summary>An image that a client uploaded for a while, as it is told to clients and kept on disk.</summary>
internal sealed record ImageSession
{
    /// <summary>The session's id.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Below the folder of sessions: no client needs to know where that is.</summary>
    [JsonPropertyName("path")]
    public string Path => Name;

    /// <summary>The file, or the folder where there are several, below the folder of sessions.</summary>
    [JsonPropertyName("image")]
    public required string Image { get; init; }

    [JsonPropertyName("meta")]
    public IReadOnlyDictionary<string, string> Meta { get; init; } = new Dictionary<string, string>();

    /// <summary>Unix seconds.</summary>
    [JsonPropertyName("create_ts")]
    public required long Created { get; init; }

    /// <inheritdoc cref="Created"/>
    [JsonPropertyName("last_access_ts")]
    public required long LastAccess { get; init; }

    /// <summary>Seconds after the last access.</summary>
    [JsonPropertyName("expiry")]
    public required int Expiry { get; init; }

    public bool IsExpired(DateTimeOffset now) => LastAccess + Expiry < now.ToUnixTimeSeconds();
}

[JsonSerializable(typeof(ImageSession))]
internal sealed partial class ImageSessionJson : JsonSerializerContext;
