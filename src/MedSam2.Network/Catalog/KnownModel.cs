using System.Collections.Immutable;
using System.Reflection;
using MedSam2.Network.Checkpoints;

namespace MedSam2.Network.Catalog;

/// <summary>A published configuration that comes with this library, so that its weights need no configuration beside them.</summary>
/// <remarks>To add one: put its YAML at <c>manifests/models/NAME/config.yaml</c> and build.</remarks>
public sealed class KnownModel
{
    private const string ResourceEnd = "/config.yaml";

    private KnownModel(string name, string yaml)
    {
        Name = name;
        Yaml = yaml;
        Configuration = Sam2ConfigurationReader.Parse(yaml);
        Signature = NetworkSignature.Of(Configuration);
    }

    /// <summary>All of them, by name.</summary>
    public static ImmutableArray<KnownModel> All => Catalog.Value;

    private static Lazy<ImmutableArray<KnownModel>> Catalog { get; } = new(() => [.. Load()]);

    public string Name { get; }

    public Sam2Configuration Configuration { get; }

    /// <summary>The configuration as its publisher writes it.</summary>
    public string Yaml { get; }

    private NetworkSignature Signature { get; }

    /// <summary>
    /// The model that a checkpoint belongs to, by the shapes in it. Where several share all shapes (they differ in image size, which no
    /// weight tells), the file's name decides if it begins like exactly one of theirs.
    /// </summary>
    /// <exception cref="CheckpointException">None fits, or it cannot be told which.</exception>
    public static KnownModel Recognise(Checkpoint checkpoint)
    {
        if (NetworkSignature.Of(checkpoint) is not { } signature)
            throw new CheckpointException(checkpoint.Path, "these are not the weights of a SAM 2: it has no image encoder, or no memory");
        var fitting = All.Where(m => m.Signature == signature).ToList();
        if (fitting.Count == 0)
        {
            throw new CheckpointException(
                checkpoint.Path, $"no known configuration fits these weights ({signature}): put their config.yaml beside the file");
        }

        var stem = Path.GetFileNameWithoutExtension(checkpoint.Path);
        var named = fitting.Where(m => m.IsNamesake(stem)).ToList();
        if (named.Count > 0)
            fitting = named;
        return fitting.TrueForAll(m => m.IsSameNetworkAs(fitting[0]))
            ? fitting[0]
            : throw new CheckpointException(
                checkpoint.Path,
                $"the weights fit several configurations: {string.Join(", ", fitting.Select(m => $"{m.Name} ({m.Configuration.ImageSize} pixels)"))}. "
                + "Put the right config.yaml beside the file, or begin the file's name with the model's");
    }

    /// <summary>Whether the checkpoint's shapes are those of this network. Image size shows in none of them.</summary>
    public bool Fits(Checkpoint checkpoint) => NetworkSignature.Of(checkpoint) == Signature;

    /// <summary><c>MedSAM2_latest</c> is named after <c>medsam2_t512</c>.</summary>
    private bool IsNamesake(string stem) => stem.StartsWith(Name.Split('_', '-')[0], StringComparison.OrdinalIgnoreCase);

    private bool IsSameNetworkAs(KnownModel other)
    {
        static IEnumerable<string> Lines(string yaml) => yaml.Split('\n').Where(line => !line.StartsWith('#'));
        return Lines(Yaml).SequenceEqual(Lines(other.Yaml), StringComparer.Ordinal);
    }

    private static IEnumerable<KnownModel> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!resource.EndsWith(ResourceEnd, StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return new KnownModel(resource[..^ResourceEnd.Length], reader.ReadToEnd());
        }
    }
}
