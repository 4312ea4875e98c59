namespace MedSam2.Network;

/// <summary>Trunk, neck, and how many of the deepest feature maps are dropped after they have contributed (<paramref name="Scalp"/>).</summary>
public sealed record ImageEncoderConfiguration(HieraConfiguration Trunk, FpnNeckConfiguration Neck, int Scalp = 0);

/// <summary>Hiera with the reference's defaults, which are those of the base-plus model: its YAML spells out none of them.</summary>
public sealed record HieraConfiguration
{
    public int EmbedDim { get; init; } = 96;

    public int NumHeads { get; init; } = 1;

    /// <summary>Highest stochastic depth rate; it grows linearly from 0 over the blocks. Training only.</summary>
    public double DropPathRate { get; init; }

    /// <summary>How many stage changes pool by 2 x 2.</summary>
    public int QPool { get; init; } = 3;

    /// <summary>Blocks of each stage.</summary>
    public IReadOnlyList<int> Stages { get; init; } = [2, 3, 16, 3];

    public double DimMul { get; init; } = 2;

    public double HeadMul { get; init; } = 2;

    /// <summary>Height and width of the background position table, tokens.</summary>
    public IReadOnlyList<int> WindowPosEmbedBkgSpatialSize { get; init; } = [14, 14];

    /// <summary>Window side of each stage, tokens. The first block of a stage still uses the window of the stage before.</summary>
    public IReadOnlyList<int> WindowSpec { get; init; } = [8, 4, 14, 7];

    /// <summary>Blocks that attend to the whole map, counted from 0 over all stages.</summary>
    public IReadOnlyList<int> GlobalAttBlocks { get; init; } = [12, 16, 20];
}

/// <summary>Feature pyramid neck. Channels and projections are listed deepest first.</summary>
public sealed record FpnNeckConfiguration
{
    public required SinePositionConfiguration PositionEncoding { get; init; }

    public required int DModel { get; init; }

    public required IReadOnlyList<int> BackboneChannelList { get; init; }

    public int KernelSize { get; init; } = 1;

    public int Stride { get; init; } = 1;

    public int Padding { get; init; }

    public FpnInterpolation FpnInterpModel { get; init; } = FpnInterpolation.Bilinear;

    public FpnFusion FuseType { get; init; } = FpnFusion.Sum;

    /// <summary>Levels (0 is the finest) that receive the upsampled deeper level. Null: all of them.</summary>
    public IReadOnlyList<int>? FpnTopDownLevels { get; init; }
}

/// <summary>Two-dimensional sine position encoding; <paramref name="NumPosFeats"/> is the total width, half for y and half for x.</summary>
/// <param name="NumPosFeats">Channels, even.</param>
/// <param name="Temperature">Base of the wavelengths.</param>
/// <param name="Normalize">Positions run from 0 to <paramref name="Scale"/> instead of counting tokens.</param>
/// <param name="Scale">Null: 2 pi.</param>
public sealed record SinePositionConfiguration(int NumPosFeats, double Temperature = 10000, bool Normalize = true, double? Scale = null);

/// <summary>How a deeper level is enlarged to the next.</summary>
public enum FpnInterpolation
{
    Nearest,
    Bilinear,
}

/// <summary>How a level and the enlarged deeper level are combined.</summary>
public enum FpnFusion
{
    Sum,
    Avg,
}
