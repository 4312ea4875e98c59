using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>The features attend to themselves, then to the memories, then pass a perceptron; each with a norm before and a shortcut.</summary>
public sealed class MemoryAttentionLayer : nn.Module
{
    internal readonly RoPEAttention self_attn;
    internal readonly RoPEAttention cross_attn_image;
    internal readonly Linear linear1;
    internal readonly Linear linear2;
    internal readonly LayerNorm norm1;
    internal readonly LayerNorm norm2;
    internal readonly LayerNorm norm3;
    private readonly MemoryAttentionLayerConfiguration configuration;

    public MemoryAttentionLayer(MemoryAttentionLayerConfiguration configuration)
        : base(nameof(MemoryAttentionLayer))
    {
        this.configuration = configuration;
        self_attn = new RoPEAttention(configuration.SelfAttention);
        cross_attn_image = new RoPEAttention(configuration.CrossAttention);
        linear1 = nn.Linear(configuration.DModel, configuration.DimFeedforward);
        linear2 = nn.Linear(configuration.DimFeedforward, configuration.DModel);
        norm1 = nn.LayerNorm(configuration.DModel);
        norm2 = nn.LayerNorm(configuration.DModel);
        norm3 = nn.LayerNorm(configuration.DModel);
        RegisterComponents();
    }

    /// <param name="x"><c>[B or 1,H*W,d]</c>. One image under several objects stays a batch of 1 until it meets their memories.</param>
    /// <param name="position"><c>[1,H*W,d]</c>.</param>
    /// <param name="memory">What to attend to.</param>
    /// <param name="height">Tokens.</param>
    /// <param name="width">Tokens.</param>
    /// <returns><c>[B,H*W,d]</c>.</returns>
    public Tensor forward(Tensor x, Tensor position, MemorySequence memory, long height, long width)
    {
        using var scope = NewDisposeScope();
        x = AttendToSelf(x, position, height, width);
        x = AttendToMemory(x, position, memory, height, width);
        var hidden = Drop(MLP.Apply(configuration.Activation, linear1.forward(norm3.forward(x))));
        return (x + Drop(linear2.forward(hidden))).MoveToOuterDisposeScope();
    }

    internal Tensor AttendToSelf(Tensor x, Tensor position, long height, long width)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.forward(x);
        var placed = configuration.PosEncAtAttn ? normed + position : normed;
        return (x + Drop(self_attn.forward(placed, placed, normed, height, width))).MoveToOuterDisposeScope();
    }

    internal Tensor AttendToMemory(Tensor x, Tensor position, MemorySequence memory, long height, long width)
    {
        using var scope = NewDisposeScope();
        var normed = norm2.forward(x);
        var placed = configuration.PosEncAtCrossAttnQueries ? normed + position : normed;
        var keys = configuration.PosEncAtCrossAttnKeys ? memory.Tokens + memory.Positions : memory.Tokens;
        var bias = memory.Bias?.unsqueeze(1).unsqueeze(1); // B,1,1,M
        var y = cross_attn_image.forward(placed, keys, memory.Tokens, height, width, memory.PointerTokens, bias);
        return (x + Drop(y)).MoveToOuterDisposeScope();
    }

    private Tensor Drop(Tensor x) => training ? Dropout.Apply(x, configuration.Dropout) : x;
}
