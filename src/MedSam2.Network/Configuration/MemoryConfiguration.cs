namespace MedSam2.Network;

/// <summary>Memory attention: <paramref name="NumLayers"/> layers over features of width <paramref name="DModel"/>.</summary>
public sealed record MemoryAttentionConfiguration(int DModel, bool PosEncAtInput, MemoryAttentionLayerConfiguration Layer, int NumLayers);

/// <summary>Self-attention, cross-attention to the memories, and a two-layer perceptron.</summary>
public sealed record MemoryAttentionLayerConfiguration
{
    public required Activation Activation { get; init; }

    public required int DModel { get; init; }

    public required int DimFeedforward { get; init; }

    /// <summary>0 to 1, training only.</summary>
    public required double Dropout { get; init; }

    public required bool PosEncAtAttn { get; init; }

    public required bool PosEncAtCrossAttnKeys { get; init; }

    public required bool PosEncAtCrossAttnQueries { get; init; }

    public required RoPEAttentionConfiguration SelfAttention { get; init; }

    public required RoPEAttentionConfiguration CrossAttention { get; init; }
}

/// <summary>Attention whose queries and keys carry a rotary encoding of their place on the map.</summary>
public sealed record RoPEAttentionConfiguration
{
    public required int EmbeddingDim { get; init; }

    public required int NumHeads { get; init; }

    public int DownsampleRate { get; init; } = 1;

    /// <summary>0 to 1, training only.</summary>
    public double Dropout { get; init; }

    /// <summary>Channels of keys and values before their projection. Null: <see cref="EmbeddingDim"/>.</summary>
    public int? KvInDim { get; init; }

    public double RopeTheta { get; init; } = 10000;

    /// <summary>The keys are several maps of the queries' size one after the other, each with the same encoding.</summary>
    public bool RopeKRepeat { get; init; }
}

/// <summary>Memory encoder: mask and features become one memory of <paramref name="OutDim"/> channels.</summary>
public sealed record MemoryEncoderConfiguration(
    int OutDim,
    MaskDownSamplerConfiguration MaskDownsampler,
    FuserConfiguration Fuser,
    SinePositionConfiguration PositionEncoding,
    int InDim = 256);

/// <summary>Strided convolutions that bring a mask of image size to the features' size, then a projection to <see cref="EmbedDim"/>.</summary>
public sealed record MaskDownSamplerConfiguration
{
    public int EmbedDim { get; init; } = 256;

    public int KernelSize { get; init; } = 4;

    public int Stride { get; init; } = 4;

    public int Padding { get; init; }

    public int TotalStride { get; init; } = 16;
}

/// <summary><paramref name="NumLayers"/> blocks, with an optional 1 x 1 projection before them.</summary>
public sealed record FuserConfiguration(CXBlockConfiguration Layer, int NumLayers, int? Dim = null, bool InputProjection = false);

/// <summary>A ConvNeXt block.</summary>
public sealed record CXBlockConfiguration
{
    public required int Dim { get; init; }

    public int KernelSize { get; init; } = 7;

    public int Padding { get; init; } = 3;

    /// <summary>Stochastic depth rate, training only.</summary>
    public double DropPath { get; init; }

    /// <summary>First value of the layer scale; 0 or less: the block has none.</summary>
    public double LayerScaleInitValue { get; init; } = 1e-6;

    public bool UseDwconv { get; init; } = true;
}

/// <summary>Nonlinearity of a perceptron. GELU is the exact (erf) form.</summary>
public enum Activation
{
    Relu,
    Gelu,
}
