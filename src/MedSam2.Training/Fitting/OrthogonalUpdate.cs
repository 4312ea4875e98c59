using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>
/// Momentum whose matrices are made orthogonal before they are applied (Muon): every direction of a layer learns at the same pace,
/// which from few steps makes more than AdamW does. Layers of one shape go together.
/// </summary>
/// <remarks>Jordan et al., "Muon", 2024; scaled as in Liu et al., "Muon is scalable for LLM training", 2025, so that AdamW's rates fit.</remarks>
internal sealed class OrthogonalUpdate
{
    private const double Momentum = 0.95;
    private const int LeastRows = 8;
    private readonly (string Name, Parameter Value)[][] groups;

    public OrthogonalUpdate(IEnumerable<(string Name, Parameter Value)> parameters)
    {
        groups = [.. parameters.Where(p => Takes(p.Name, p.Value)).GroupBy(p => (p.Value.size(0), p.Value.numel())).Select(g => g.ToArray())];
        Names = groups.SelectMany(g => g).Select(p => p.Name).ToHashSet();
    }

    /// <summary>The parameters that are updated here: weights of layers, not tables, tokens or narrow heads.</summary>
    public IReadOnlySet<string> Names { get; }

    public void Step(double rate, double decay, IReadOnlyDictionary<string, (Tensor First, Tensor Second)> moments)
    {
        foreach (var group in groups)
        {
            var learning = group.Where(p => p.Value.grad is not null).ToArray();
            if (learning.Length == 0)
                continue;
            using var scope = NewDisposeScope();
            var directions = learning.Select(p =>
            {
                var gradient = p.Value.grad!;
                var momentum = moments[p.Name].First;
                momentum.lerp_(gradient, 1 - Momentum);
                return gradient.lerp(momentum, Momentum).flatten(1);
            });
            var turned = Orthogonalize(stack([.. directions]));
            var step = -rate * 0.2 * Math.Sqrt(Math.Max(turned.size(1), turned.size(2)));
            for (var n = 0; n < learning.Length; n++)
            {
                var value = learning[n].Value;
                value.mul_(1 - (rate * decay)).add_(turned.select(0, n).view(value.shape), alpha: step);
            }
        }
    }

    /// <summary>Nearly the closest orthogonal matrix of each, by five Newton-Schulz steps: singular values of about 0.7 to 1.2.</summary>
    /// <param name="matrices"><c>[K,M,N]</c>.</param>
    internal static Tensor Orthogonalize(Tensor matrices)
    {
        using var scope = NewDisposeScope();
        var isTall = matrices.size(1) > matrices.size(2);
        var x = isTall ? matrices.transpose(1, 2) : matrices;
        x = x / (x.square().sum([1, 2], keepdim: true).sqrt() + 1e-7);
        for (var n = 0; n < 5; n++)
        {
            using var inner = NewDisposeScope();
            var square = x.matmul(x.transpose(1, 2));
            var mixed = (square * -4.7750) + (square.matmul(square) * 2.0315);
            x = ((x * 3.4445) + mixed.matmul(x)).MoveToOuterDisposeScope();
        }

        return (isTall ? x.transpose(1, 2) : x).MoveToOuterDisposeScope();
    }

    private static bool Takes(string name, Parameter value) =>
        value.dim() > 1
        && value.size(0) >= LeastRows && value.numel() / value.size(0) >= LeastRows
        && !name.Contains("embed", StringComparison.Ordinal) && !name.Contains("token", StringComparison.Ordinal);
}
