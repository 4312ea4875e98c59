using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedSam2.Network.Catalog;

/// <summary>Weights that somebody published: where they are, what they may be used for, and how to know them again.</summary>
/// <remarks>To add one: put <c>NAME.json</c> into <c>manifests/models</c> (its schema lies there) and build.</remarks>
/// <param name="Name">What people call it here; a safe folder name.</param>
/// <param name="Title">One line for people.</param>
/// <param name="Configuration">The <see cref="KnownModel"/> that it is.</param>
/// <param name="Url">The weights file; null for weights that come with the software.</param>
/// <param name="Page">Where its publisher describes it.</param>
/// <param name="License">SPDX identifier; null where none is known for certain.</param>
/// <param name="Size">Bytes of the weights file; null where not known for certain.</param>
/// <param name="Sha256">Of the weights file, lower-case hexadecimal; null where not known for certain.</param>
/// <param name="Note">What a person should know before use.</param>
public sealed record PublishedModel(
    string Name, string Title, string Configuration, Uri? Url, Uri? Page, string? License, long? Size, string? Sha256, string? Note = null)
{
    private const string ResourceStart = "published/";

    /// <summary>All of them, by name.</summary>
    public static ImmutableArray<PublishedModel> All => Catalog.Value;

    /// <summary>What the weights file is called where it is kept.</summary>
    public string FileName => Url is null ? Name + ".safetensors" : Path.GetFileName(Url.LocalPath);

    private static Lazy<ImmutableArray<PublishedModel>> Catalog { get; } = new(() => [.. Load()]);

    public static PublishedModel? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<PublishedModel> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!resource.StartsWith(ResourceStart, StringComparison.Ordinal))
                continue;
            using var json = assembly.GetManifestResourceStream(resource)!;
            yield return JsonSerializer.Deserialize(json, PublishedModelJson.Default.PublishedModel)!;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PublishedModel))]
internal sealed partial class PublishedModelJson : JsonSerializerContext;
