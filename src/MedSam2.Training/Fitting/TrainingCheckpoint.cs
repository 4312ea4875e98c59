using System.Globalization;
using MedSam2.Network.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>The whole state of a run in one file: weights, moving average, moments, step. Older ones are removed but the last two.</summary>
internal static class TrainingCheckpoint
{
    private const string Prefix = "step-";
    private const string Extension = ".safetensors";

    public static string? FindNewest(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, $"{Prefix}*{Extension}").Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    public static void Save(string folder, int step, (string Name, Parameter Value)[] trained, WeightAverage average, OptimizerState optimizer)
    {
        Directory.CreateDirectory(folder);
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, value) in trained)
        {
            tensors["weight." + name] = value.detach();
            tensors["average." + name] = average.Weights[name];
            (tensors["first." + name], tensors["second." + name]) = optimizer.Moments[name];
        }

        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}{Extension}"));
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string> { ["step"] = step.ToString(CultureInfo.InvariantCulture) });
        foreach (var old in Directory.EnumerateFiles(folder, $"{Prefix}*{Extension}").Order(StringComparer.Ordinal).SkipLast(2))
            File.Delete(old);
    }

    /// <returns>The next step.</returns>
    /// <exception cref="TrainingException">The checkpoint is of another run.</exception>
    public static int Load(string path, (string Name, Parameter Value)[] trained, WeightAverage average, OptimizerState optimizer)
    {
        using var noGradient = no_grad();
        using var file = SafetensorsFile.Open(path);
        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || !trained.All(t => file.Tensors.TryGetValue("weight." + t.Name, out var found) && found.Shape.SequenceEqual(t.Value.shape)))
        {
            throw new TrainingException($"{Path.GetFileName(path)} is no checkpoint of this network and choice of trained parts: use another folder.");
        }

        foreach (var (name, value) in trained)
        {
            using var scope = NewDisposeScope();
            value.copy_(file.Read("weight." + name));
            average.Load(name, file.Read("average." + name));
            optimizer.Moments[name].First.copy_(file.Read("first." + name));
            optimizer.Moments[name].Second.copy_(file.Read("second." + name));
        }

        return step;
    }
}
