using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>A perceptron: linear layers with a nonlinearity between them, and an optional sigmoid at the end.</summary>
public sealed class MLP : nn.Module<Tensor, Tensor>
{
    internal readonly ModuleList<Linear> layers;
    private readonly Activation activation;
    private readonly bool sigmoidOutput;

    public MLP(int inputDim, int hiddenDim, int outputDim, int numLayers, Activation activation = Activation.Relu, bool sigmoidOutput = false)
        : base(nameof(MLP))
    {
        this.activation = activation;
        this.sigmoidOutput = sigmoidOutput;
        layers = nn.ModuleList([.. Enumerable.Range(0, numLayers)
            .Select(n => nn.Linear(n == 0 ? inputDim : hiddenDim, n == numLayers - 1 ? outputDim : hiddenDim))]);
        RegisterComponents();
    }

    /// <param name="x"><c>[..., inputDim]</c>.</param>
    /// <returns><c>[..., outputDim]</c>.</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        for (var n = 0; n < layers.Count; n++)
        {
            x = layers[n].forward(x);
            if (n < layers.Count - 1)
                x = Apply(activation, x);
        }

        return (sigmoidOutput ? x.sigmoid() : x).MoveToOuterDisposeScope();
    }

    internal static Tensor Apply(Activation activation, Tensor x) => activation == Activation.Gelu ? gelu(x) : relu(x);
}
