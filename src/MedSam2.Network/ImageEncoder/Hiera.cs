using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>The trunk: a hierarchical vision transformer of four stages, with windowed absolute position embedding (Ryali et al. 2023, Bolya et al. 2023).</summary>
public sealed class Hiera : nn.Module
{
    internal readonly Parameter pos_embed;
    internal readonly Parameter pos_embed_window;
    internal readonly PatchEmbed patch_embed;
    internal readonly ModuleList<MultiScaleBlock> blocks;
    private readonly int[] stageEnds;

    public Hiera(HieraConfiguration configuration)
        : base(nameof(Hiera))
    {
        var background = configuration.WindowPosEmbedBkgSpatialSize;
        var window = configuration.WindowSpec[0];
        patch_embed = new PatchEmbed(configuration.EmbedDim);
        pos_embed = nn.Parameter(zeros(1, configuration.EmbedDim, background[0], background[1]));
        pos_embed_window = nn.Parameter(zeros(1, configuration.EmbedDim, window, window));
        stageEnds = [.. StageEnds(configuration)];
        blocks = nn.ModuleList([.. BlockShapes(configuration).Select(s => new MultiScaleBlock(s))]);
        RegisterComponents();
        nn.init.trunc_normal_(pos_embed, std: 0.02);
    }

    /// <param name="image"><c>[B,3,S,S]</c>.</param>
    /// <returns>The four stages' outputs <c>[B,C,H,W]</c> at strides 4, 8, 16 and 32, finest first.</returns>
    public Tensor[] forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        var outputs = new List<Tensor>(stageEnds.Length);
        var x = Embed(image); // B,H,W,C
        for (var n = 0; n < blocks.Count; n++)
        {
            var next = blocks[n].forward(x);
            x.Dispose(); // of the largest map only what is in use stays
            x = next;
            if (Array.IndexOf(stageEnds, n) >= 0)
                outputs.Add(x.permute(0, 3, 1, 2).MoveToOuterDisposeScope());
        }

        return [.. outputs];
    }

    /// <summary>Patches with their position: <c>[B,S/4,S/4,C]</c>.</summary>
    internal Tensor Embed(Tensor image)
    {
        using var scope = NewDisposeScope();
        var x = patch_embed.forward(image);
        return (x + PositionTable(x.size(1), x.size(2))).MoveToOuterDisposeScope();
    }

    /// <summary>The background table enlarged to the map, plus the window table tiled over it: <c>[1,height,width,C]</c>.</summary>
    internal Tensor PositionTable(long height, long width)
    {
        using var scope = NewDisposeScope();
        var background = interpolate(pos_embed, [height, width], mode: InterpolationMode.Bicubic, align_corners: false);
        var (windowHeight, windowWidth) = (pos_embed_window.size(2), pos_embed_window.size(3));
        var tiled = pos_embed_window.tile([1, 1, height / windowHeight, width / windowWidth]);
        return (background + tiled).permute(0, 2, 3, 1).MoveToOuterDisposeScope();
    }

    private static IEnumerable<int> StageEnds(HieraConfiguration configuration)
    {
        var end = -1;
        foreach (var blocks in configuration.Stages)
            yield return end += blocks;
    }

    /// <summary>Width, heads and pooling change with a stage's first block; its window is still that of the stage before.</summary>
    private static IEnumerable<MultiScaleBlockShape> BlockShapes(HieraConfiguration configuration)
    {
        var count = configuration.Stages.Sum();
        var block = 0;
        for (var stage = 0; stage < configuration.Stages.Count; stage++)
        {
            for (var n = 0; n < configuration.Stages[stage]; n++, block++)
            {
                var first = n == 0 && stage > 0;
                var before = first ? stage - 1 : stage;
                yield return new MultiScaleBlockShape(
                    Dim: configuration.StageDim(before),
                    DimOut: configuration.StageDim(stage),
                    NumHeads: configuration.StageHeads(stage),
                    Window: configuration.GlobalAttBlocks.Contains(block) ? 0 : configuration.WindowSpec[before],
                    PoolQueries: first && stage <= configuration.QPool,
                    DropPathRate: count > 1 ? configuration.DropPathRate * block / (count - 1) : 0);
            }
        }
    }
}
