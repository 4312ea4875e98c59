using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>The exponential moving average of a network's parameters: what is served, since it is smoother than any single step.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly Dictionary<string, Tensor> average = [];

    public WeightAverage(IEnumerable<(string Name, Parameter Value)> parameters)
    {
        foreach (var (name, value) in parameters)
            average[name] = value.detach().clone().DetachFromDisposeScope();
    }

    public IReadOnlyDictionary<string, Tensor> Weights => average;

    /// <summary><c>average = keep * average + (1 - keep) * value</c>; early on less is kept, so that the start is soon forgotten.</summary>
    public void Update(IEnumerable<(string Name, Parameter Value)> parameters, double share, int step)
    {
        using var noGradient = no_grad();
        var keep = Math.Min(share, (1.0 + step) / (10.0 + step));
        foreach (var (name, value) in parameters)
            average[name].lerp_(value, 1 - keep);
    }

    public void Load(string name, Tensor value) => average[name].copy_(value);

    public void Dispose()
    {
        foreach (var tensor in average.Values)
            tensor.Dispose();
    }
}
