using MedSam2.Network;
using MedSam2.TestSupport;
using MedSam2.TestSupport.Formula;
using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Golden;

/// <summary>Networks of the golden files, with weights from the formula.</summary>
internal static class GoldenModels
{
    public static Sam2Configuration Configuration(string name) => (name.StartsWith("toy", StringComparison.Ordinal)
        ? Sam2ConfigurationReader.Read(RepositoryPaths.Golden(name, name + ".yaml"))
        : Published(name)).WithTrackingDefaults();

    public static Sam2Model Create(Sam2Configuration configuration)
    {
        var model = new Sam2Model(configuration);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var (key, value) in model.state_dict())
            value.copy_(tensor(FormulaWeights.Values(key, value.shape)).view(value.shape));
        model.eval();
        return model;
    }

    private static Sam2Configuration Published(string name) =>
        throw new ArgumentException($"There is no configuration for '{name}' yet.", nameof(name));
}
