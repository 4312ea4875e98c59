using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>A perceptron: linear layers with a nonlinearity between them, and an optional sigmoid at the end.</summary>
public sealed class MLP : nn.Module<Tensor, Tensor>
{
    private const long PieceTokens = 8192;

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
        var tokens = x.numel() / x.size(-1);
        var y = is_grad_enabled() || tokens <= PieceTokens || x.device_type != TorchSharp.DeviceType.CPU ? ForwardPiece(x) : ForwardInPieces(x, tokens);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>The widest layer of a large map takes hundreds of megabytes: it is never held whole, which also spares the page faults.</summary>
    private Tensor ForwardInPieces(Tensor x, long tokens)
    {
        var shape = x.shape;
        shape[^1] = layers[layers.Count - 1].out_features;
        var flat = x.reshape(tokens, -1);
        var result = empty([tokens, shape[^1]], x.dtype, x.device);
        for (var first = 0L; first < tokens; first += PieceTokens)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(PieceTokens, tokens - first);
            result.narrow(0, first, count).copy_(ForwardPiece(flat.narrow(0, first, count)));
        }

        return result.view(shape);
    }

    private Tensor ForwardPiece(Tensor x)
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
