using System.Text.Json;
using MedSam2.Network.Checkpoints;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Network.Tests;

public class StateDictKeysTests
{
    public static TheoryData<string> Configurations { get; } =
    [
        .. Directory.GetFiles(RepositoryPaths.Golden(), "keys.json", SearchOption.AllDirectories).Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Keys_and_shapes_are_the_official_ones(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.Golden(name, "keys.json")));
        var expected = golden.RootElement.GetProperty("keys").EnumerateObject()
            .Select(k => $"{k.Name} [{string.Join(",", k.Value.EnumerateArray())}]")
            .Order(StringComparer.Ordinal);

        using var model = new Sam2Model(Sam2ConfigurationReader.Read(FormulaModel.ConfigurationFile(name)));
        var actual = model.state_dict().Select(t => $"{t.Key} [{string.Join(",", t.Value.shape)}]").Order(StringComparer.Ordinal);

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Nano_checkpoint_has_exactly_the_keys_and_shapes_of_its_configuration()
    {
        using var model = new Sam2Model(Sam2ConfigurationReader.Read(Path.Combine(RepositoryPaths.NanoModel, "config.yaml")));
        using var checkpoint = Checkpoint.Open(Path.Combine(RepositoryPaths.NanoModel, "medsam2-nano.safetensors"));

        Assert.Equal(
            checkpoint.Tensors.Select(t => $"{t.Key} [{string.Join(",", t.Value.Shape)}]").Order(StringComparer.Ordinal),
            model.state_dict().Select(t => $"{t.Key} [{string.Join(",", t.Value.shape)}]").Order(StringComparer.Ordinal));
    }
}
