using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using MedSam2.Network.Catalog;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Models;

public sealed class PublishedModelTests
{
    private static readonly string Manifests = Path.Combine(RepositoryPaths.Root, "manifests", "models");

    [Fact]
    public void Every_published_model_has_a_known_configuration_and_every_configuration_a_model() => Assert.Equal(
        KnownModel.All.Select(m => m.Name).Order(StringComparer.Ordinal), PublishedModel.All.Select(m => m.Configuration).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_manifest_keeps_to_its_schema()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Manifests, "model.schema.json")));
        var properties = schema.RootElement.GetProperty("properties");
        string[] required = [.. schema.RootElement.GetProperty("required").EnumerateArray().Select(r => r.GetString()!)];
        foreach (var file in Directory.GetFiles(Manifests, "*.json").Where(f => !f.EndsWith("schema.json", StringComparison.Ordinal)))
        {
            using var manifest = JsonDocument.Parse(File.ReadAllText(file));
            Assert.Subset(properties.EnumerateObject().Select(p => p.Name).ToHashSet(), manifest.RootElement.EnumerateObject().Select(p => p.Name).ToHashSet());
            Assert.Superset(required.ToHashSet(), manifest.RootElement.EnumerateObject().Select(p => p.Name).ToHashSet());
            Assert.Equal(Path.GetFileNameWithoutExtension(file), manifest.RootElement.GetProperty("name").GetString());
            foreach (var value in manifest.RootElement.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String))
            {
                if (properties.GetProperty(value.Name).TryGetProperty("pattern", out var pattern))
                    Assert.Matches(new Regex(pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)), value.Value.GetString()!);
            }
        }
    }

    [Fact]
    public void The_embedded_model_is_the_one_in_the_catalog()
    {
        var nano = PublishedModel.Find("medsam2-nano")!;
        var weights = File.ReadAllBytes(Path.Combine(RepositoryPaths.NanoModel, nano.FileName));
        Assert.Equal(nano.Size, weights.Length);
        Assert.Equal(nano.Sha256, Convert.ToHexStringLower(SHA256.HashData(weights)));
    }
}
