using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>
/// AdamW with its moments in plain sight, so that a checkpoint holds all of it and a resumed run repeats bit for bit.
/// </summary>
/// <remarks>
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019. TorchSharp's own AdamW writes its moments in a format of its
/// own, which cannot be checked before it is read; hence these few lines.
/// </remarks>
internal sealed class OptimizerState : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.98;
    private const double Epsilon = 1e-8;

    private readonly (string Name, Parameter Value)[] parameters;
    private readonly TrainerOptions options;
    private readonly Dictionary<string, (Tensor First, Tensor Second)> moments = [];

    public OptimizerState((string Name, Parameter Value)[] parameters, TrainerOptions options)
    {
        this.parameters = parameters;
        this.options = options;
        foreach (var (name, value) in parameters)
            moments[name] = (zeros_like(value, requires_grad: false).DetachFromDisposeScope(), zeros_like(value, requires_grad: false).DetachFromDisposeScope());
    }

    public IReadOnlyDictionary<string, (Tensor First, Tensor Second)> Moments => moments;

    public void Zero()
    {
        foreach (var (_, value) in parameters)
            value.grad = null;
    }

    public void Step(double rate, int step)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (correction1, correction2) = (1 - Math.Pow(Beta1, step + 1), 1 - Math.Pow(Beta2, step + 1));
        foreach (var (name, value) in parameters)
        {
            if (value.grad is not { } gradient)
                continue; // not part of this step's forward: a sequence of one slice has no memory
            var (first, second) = moments[name];
            first.lerp_(gradient, 1 - Beta1);
            second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            if (value.dim() > 1)
                value.mul_(1 - (rate * options.WeightDecay));
            var spread = second.sqrt().div_(Math.Sqrt(correction2)).add_(Epsilon);
            value.addcdiv_(first, spread, -rate / correction1);
        }
    }

    public void Dispose()
    {
        foreach (var (first, second) in moments.Values)
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
