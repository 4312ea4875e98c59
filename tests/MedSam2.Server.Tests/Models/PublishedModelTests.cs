using System.Security.Cryptography;
using MedSam2.Network.Catalog;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Models;

public sealed class PublishedModelTests
{
    [Fact]
    public void Every_published_model_has_a_known_configuration_and_every_configuration_a_model() => Assert.Equal(
        KnownModel.All.Select(m => m.Name).Order(StringComparer.Ordinal), PublishedModel.All.Select(m => m.Configuration).Order(StringComparer.Ordinal));

    [Fact]
    public void The_embedded_model_is_the_one_in_the_catalog()
    {
        var nano = PublishedModel.Find("medsam2-nano")!;
        var weights = File.ReadAllBytes(Path.Combine(RepositoryPaths.NanoModel, nano.FileName));
        Assert.Equal(nano.Size, weights.Length);
        Assert.Equal(nano.Sha256, Convert.ToHexStringLower(SHA256.HashData(weights)));
    }
}
