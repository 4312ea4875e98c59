using MedSam2.Network.Checkpoints;

namespace MedSam2.Network.Catalog;

/// <summary>What of a configuration shows in the names and shapes of its weights, and tells published networks apart.</summary>
/// <param name="EmbedDim">Channels of the trunk's first stage.</param>
/// <param name="Blocks">Blocks of the trunk.</param>
/// <param name="Background">Rows of the trunk's background position table.</param>
/// <param name="Window">Rows of its window position table.</param>
/// <param name="Hidden">Channels of features and tokens.</param>
/// <param name="Memory">Channels of a memory.</param>
/// <param name="Memories">Rows of the temporal table.</param>
/// <param name="AttentionLayers">Layers of memory attention.</param>
/// <param name="AbsentMemory">Has a vector for memories of absent objects (2.1).</param>
/// <param name="PointerTime">Has a projection of the pointers' time (2.1).</param>
internal sealed record NetworkSignature(
    long EmbedDim,
    int Blocks,
    long Background,
    long Window,
    long Hidden,
    long Memory,
    long Memories,
    int AttentionLayers,
    bool AbsentMemory,
    bool PointerTime)
{
    public static NetworkSignature Of(Sam2Configuration configuration)
    {
        var trunk = configuration.ImageEncoder.Trunk;
        return new NetworkSignature(
            trunk.EmbedDim,
            trunk.Stages.Sum(),
            trunk.WindowPosEmbedBkgSpatialSize[0],
            trunk.WindowSpec[0],
            configuration.HiddenDim,
            configuration.MemDim,
            configuration.NumMaskmem,
            configuration.MemoryAttention.NumLayers,
            configuration.NoObjEmbedSpatial,
            configuration.ProjTposEncInObjPtrs);
    }

    /// <summary>Null where the weights are not those of a SAM 2 at all.</summary>
    public static NetworkSignature? Of(Checkpoint checkpoint)
    {
        long[]? Shape(string name, int rank) =>
            checkpoint.Tensors.TryGetValue(name, out var tensor) && tensor.Shape.Length == rank ? tensor.Shape : null;

        int Count(string before, string after)
        {
            var count = 0;
            while (checkpoint.Tensors.ContainsKey($"{before}.{count}.{after}"))
                count++;
            return count;
        }

        return Shape("image_encoder.trunk.pos_embed", 4) is [_, var embedDim, var background, _]
            && Shape("image_encoder.trunk.pos_embed_window", 4) is [_, _, var window, _]
            && Shape("no_mem_embed", 3) is [_, _, var hidden]
            && Shape("maskmem_tpos_enc", 4) is [var memories, _, _, var memory]
            ? new NetworkSignature(
                embedDim,
                Count("image_encoder.trunk.blocks", "norm1.weight"),
                background,
                window,
                hidden,
                memory,
                memories,
                Count("memory_attention.layers", "norm1.weight"),
                checkpoint.Tensors.ContainsKey("no_obj_embed_spatial"),
                checkpoint.Tensors.ContainsKey("obj_ptr_tpos_proj.weight"))
            : null;
    }

    public override string ToString() =>
        $"trunk of {Blocks} blocks from {EmbedDim} channels, {Hidden} channels, {AttentionLayers} layers of memory attention, "
        + $"{Memories} memories of {Memory} channels, SAM {(AbsentMemory ? "2.1" : "2")}";
}
