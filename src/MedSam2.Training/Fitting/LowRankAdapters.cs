using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>
/// Low-rank adapters (LoRA; Hu et al., 2022) of weights that are frozen otherwise: <c>W = W0 + scale * B A</c> with <c>A [r, in]</c> and
/// <c>B [out, r]</c>, which alone learn. The network always holds the merged weight, so it runs, is evaluated and is exported as any other,
/// with the official keys. Since W is linear in A and in B, their gradients follow exactly from W's: <c>dA = scale Bᵀ dW</c>, <c>dB = scale dW Aᵀ</c>.
/// </summary>
/// <remarks>What is saved is the optimiser's state and what can be overfitted, not the backward pass of the weights themselves.</remarks>
internal sealed class LowRankAdapters : IDisposable
{
    private readonly List<Adapter> adapters = [];
    private readonly double scale;

    /// <param name="weights">The weights that get an adapter.</param>
    /// <param name="rank">r; at most half of a weight's smaller side is used.</param>
    /// <param name="scale">How strongly the adapters act.</param>
    /// <param name="seed">Of A's initial values; B begins as 0, so that the network begins as it was.</param>
    public LowRankAdapters(IEnumerable<(string Name, Parameter Value)> weights, int rank, double scale, int seed)
    {
        this.scale = scale;
        using var generator = new Generator((ulong)seed);
        foreach (var (name, weight) in weights)
        {
            using var scope = NewDisposeScope();
            var (rows, columns) = (weight.size(0), weight.numel() / weight.size(0));
            var used = Math.Max(1, Math.Min(rank, Math.Min(rows, columns) / 2));
            var a = rand([used, columns], generator: generator).sub(0.5).mul(2 / Math.Sqrt(columns)).to(weight.device);
            adapters.Add(new(
                name,
                weight,
                weight.detach().clone().DetachFromDisposeScope(),
                new Parameter(a).DetachFrom(),
                new Parameter(zeros(rows, used, device: weight.device)).DetachFrom()));
        }
    }

    /// <summary>What learns.</summary>
    public IEnumerable<(string Name, Parameter Value)> Parameters =>
        adapters.SelectMany(a => (IEnumerable<(string, Parameter)>)[($"adapter.{a.Name}.a", a.A), ($"adapter.{a.Name}.b", a.B)]);

    /// <summary>Puts <c>W0 + scale * B A</c> into the network.</summary>
    public void Merge()
    {
        using var plain = no_grad();
        using var scope = NewDisposeScope();
        foreach (var adapter in adapters)
            adapter.Weight.copy_(adapter.Base + (adapter.B.mm(adapter.A) * scale).view_as(adapter.Base));
    }

    /// <summary>Turns the gradients of the merged weights into those of the adapters, and forgets the former.</summary>
    public void TakeGradients()
    {
        using var plain = no_grad();
        foreach (var adapter in adapters)
        {
            if (adapter.Weight.grad is not { } gradient)
                continue;
            using var scope = NewDisposeScope(); // the parameters keep their gradients by themselves
            var flat = gradient.view(adapter.B.size(0), adapter.A.size(1));
            adapter.A.grad = adapter.B.t().mm(flat) * scale;
            adapter.B.grad = flat.mm(adapter.A.t()) * scale;
            adapter.Weight.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var adapter in adapters)
        {
            adapter.Base.Dispose();
            adapter.A.Dispose();
            adapter.B.Dispose();
        }
    }

    private sealed record Adapter(string Name, Parameter Weight, Tensor Base, Parameter A, Parameter B);
}

file static class ParameterScope
{
    public static Parameter DetachFrom(this Parameter parameter)
    {
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
