using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Jobs;
using MedSam2.Training.ActiveLearning;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.ActiveLearning;

/// <summary>
/// What the served network makes of each image: a file an image below the data folder's <c>cache/scores</c>, in a folder of the network's own. It
/// can be deleted at any time and is made again, as is one that was found in another way. Safe for many callers.
/// </summary>
internal sealed class ImageScores(IOptions<ServerOptions> options, IOptions<ActiveLearningOptions> active, ModelHost host)
{
    private readonly ConcurrentDictionary<string, ImageScore> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _impossible = new(StringComparer.Ordinal);

    /// <summary>Set when somebody asks for a choice that needs scores.</summary>
    public JobSignal Wanted { get; } = new();

    /// <summary>Whether anybody ever asked for a choice that needs scores: only then are they kept current.</summary>
    public bool IsWanted => Directory.Exists(Root);

    private string Root => Path.Combine(options.Value.DataFolder, "cache", "scores");

    public void Want()
    {
        Directory.CreateDirectory(Root);
        Wanted.Set();
    }

    /// <summary>The score by the network that is served now; null where there is none yet.</summary>
    public async Task<ImageScore?> FindAsync(CatalogImage image, CancellationToken cancellation)
    {
        var path = PathOf(image, host.Model.Sha256);
        if (_known.TryGetValue(path, out var known))
            return known;
        if (!File.Exists(path))
            return null;
        try
        {
            await using var file = File.OpenRead(path);
            if (await JsonSerializer.DeserializeAsync(file, ScoreJson.Default.ImageScore, cancellation) is { } read)
                return _known[path] = read;
        }
        catch (JsonException)
        {
            // Cut short by a kill: made again.
        }

        return null;
    }

    /// <summary>The images that the network has not scored yet, and that it can score as far as is known.</summary>
    public IReadOnlyList<CatalogImage> Missing(IEnumerable<CatalogImage> images)
    {
        var network = host.Model.Sha256;
        return [.. images.Where(image => PathOf(image, network) is var path && !_known.ContainsKey(path) && !File.Exists(path) && !_impossible.ContainsKey(path))];
    }

    /// <param name="image">The image.</param>
    /// <param name="network">SHA-256 of the network that scored it.</param>
    /// <param name="score">What it made of it.</param>
    public void Save(CatalogImage image, string network, ImageScore score)
    {
        var path = PathOf(image, network);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = $"{path}.{Guid.NewGuid():N}.part";
        File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(score, ScoreJson.Default.ImageScore));
        File.Move(part, path, overwrite: true);
        _known[path] = score;
    }

    /// <summary>Remembers that an image cannot be scored, such as a damaged one, until the server starts again.</summary>
    public void GiveUp(CatalogImage image, string network) => _impossible[PathOf(image, network)] = true;

    /// <summary>Names neither image nor patient; another file under the same id is another image.</summary>
    private string PathOf(CatalogImage image, string network)
    {
        var content = image.Id;
        if (image.Record?.Path is { } path && new FileInfo(path) is { Exists: true } file)
            content = string.Create(CultureInfo.InvariantCulture, $"{content}/{file.Length}/{file.LastWriteTimeUtc.Ticks}");
        var kind = string.Create(CultureInfo.InvariantCulture, $"{network[..16]}-{ImageScorer.Edition}-{active.Value.ScoreReach}");
        return Path.Combine(Root, kind, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..32] + ".json");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImageScore))]
internal sealed partial class ScoreJson : JsonSerializerContext;
