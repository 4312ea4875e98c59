using System.Globalization;

namespace MedSam2.Network;

/// <summary>What a configuration must fulfil beyond the range of each value: that its parts fit together.</summary>
public static class Sam2ConfigurationValidation
{
    /// <exception cref="ConfigurationException">The parts do not fit; the message names all that is wrong.</exception>
    public static void Validate(this Sam2Configuration configuration)
    {
        var faults = new List<string>();
        var encoder = configuration.ImageEncoder;
        CheckTrunk(encoder.Trunk, faults);
        if (faults.Count == 0)
            CheckNeck(encoder, configuration, faults);
        CheckAttention(configuration.MemoryAttention, configuration.MemDim, faults);
        CheckMemoryEncoder(configuration, faults);
        CheckSwitches(configuration, faults);
        if (faults.Count > 0)
            throw new ConfigurationException(string.Join(" ", faults));
    }

    private static void CheckTrunk(HieraConfiguration trunk, List<string> faults)
    {
        if (trunk.Stages.Count != 4)
            faults.Add("image_encoder.trunk.stages must list four stages.");
        if (trunk.WindowSpec.Count != 4)
            faults.Add("image_encoder.trunk.window_spec must list four windows.");
        if (trunk.WindowPosEmbedBkgSpatialSize.Count != 2)
            faults.Add("image_encoder.trunk.window_pos_embed_bkg_spatial_size must be height and width.");
        if (faults.Count > 0)
            return;

        var blocks = trunk.Stages.Sum();
        if (blocks > 512)
            faults.Add("image_encoder.trunk.stages hold more than 512 blocks.");
        if (trunk.GlobalAttBlocks.Any(b => b >= blocks))
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"image_encoder.trunk.global_att_blocks names a block that is not there; there are {blocks}."));

        // The first block of a pooled stage pools inside the window of the stage before, two tokens to one.
        for (var (stage, first) = (1, trunk.Stages[0]); stage <= trunk.QPool; first += trunk.Stages[stage++])
        {
            if (trunk.WindowSpec[stage - 1] % 2 != 0)
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"image_encoder.trunk.window_spec: stage {stage - 1} is followed by pooling, so its window must be even."));
            if (trunk.GlobalAttBlocks.Contains(first))
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"image_encoder.trunk.global_att_blocks: block {first} pools, so it cannot be global."));
        }

        foreach (var (width, heads) in Enumerable.Range(0, 4).Select(s => (trunk.StageDim(s), trunk.StageHeads(s))))
        {
            if (width > 16384 || width % heads != 0)
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"image_encoder.trunk: {heads} heads do not divide {width} channels (of at most 16384)."));
        }
    }

    private static void CheckNeck(ImageEncoderConfiguration encoder, Sam2Configuration configuration, List<string> faults)
    {
        var (trunk, neck) = (encoder.Trunk, encoder.Neck);
        int[] channels = [.. Enumerable.Range(0, 4).Reverse().Select(trunk.StageDim)];
        if (!neck.BackboneChannelList.SequenceEqual(channels))
            faults.Add($"image_encoder.neck.backbone_channel_list must be [{string.Join(", ", channels)}], the trunk's widths with the deepest first.");
        if (neck.DModel != configuration.HiddenDim || neck.PositionEncoding.NumPosFeats != neck.DModel)
            faults.Add("image_encoder.neck: d_model and position_encoding.num_pos_feats must equal memory_attention.d_model.");
        if (neck.KernelSize != (2 * neck.Padding) + 1)
            faults.Add("image_encoder.neck: kernel_size must be 2 * padding + 1, so that maps keep their size.");

        int[] strides = [4, 4 << Math.Min(1, trunk.QPool), 4 << Math.Min(2, trunk.QPool), 4 << Math.Min(3, trunk.QPool)];
        if (strides[3 - encoder.Scalp] != configuration.BackboneStride)
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"backbone_stride is {configuration.BackboneStride}, but the deepest feature map kept (scalp {encoder.Scalp}) has stride {strides[3 - encoder.Scalp]}."));
        if (configuration.ImageSize % strides[3] != 0)
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"image_size must be a multiple of {strides[3]}."));
        var patches = configuration.ImageSize / 4;
        if (patches % trunk.WindowSpec[0] != 0)
            faults.Add("image_encoder.trunk: the first window must divide a quarter of image_size, for the position table is tiled by it.");
        if (configuration.UseHighResFeaturesInSam && (configuration.BackboneStride != 16 || encoder.Scalp != 1))
            faults.Add("use_high_res_features_in_sam needs scalp 1 and backbone_stride 16: maps of strides 4, 8 and 16.");
        if (!configuration.UseHighResFeaturesInSam && configuration.BackboneStride != 16)
            faults.Add("backbone_stride must be 16: masks have a quarter of the image's side.");
    }

    private static void CheckAttention(MemoryAttentionConfiguration attention, int memDim, List<string> faults)
    {
        var layer = attention.Layer;
        if (layer.DModel != attention.DModel || layer.SelfAttention.EmbeddingDim != attention.DModel || layer.CrossAttention.EmbeddingDim != attention.DModel)
            faults.Add("memory_attention: d_model of the layer and embedding_dim of both attentions must equal d_model.");
        if ((layer.CrossAttention.KvInDim ?? attention.DModel) != memDim)
            faults.Add("memory_attention.layer.cross_attention.kv_in_dim must equal memory_encoder.out_dim.");
        foreach (var a in (ReadOnlySpan<RoPEAttentionConfiguration>)[layer.SelfAttention, layer.CrossAttention])
        {
            var inner = a.EmbeddingDim / a.DownsampleRate;
            if (a.EmbeddingDim % a.DownsampleRate != 0 || inner % a.NumHeads != 0 || inner / a.NumHeads % 4 != 0)
                faults.Add("memory_attention: channels of an attention head must be whole and a multiple of 4.");
        }

        if (attention.DModel % 16 != 0)
            faults.Add("memory_attention.d_model must be a multiple of 16: the decoder has 8 heads at half width.");
    }

    private static void CheckMemoryEncoder(Sam2Configuration configuration, List<string> faults)
    {
        var encoder = configuration.MemoryEncoder;
        if (encoder.InDim != configuration.HiddenDim || encoder.MaskDownsampler.EmbedDim != encoder.InDim || encoder.Fuser.Layer.Dim != encoder.InDim)
            faults.Add("memory_encoder: in_dim, mask_downsampler.embed_dim and fuser.layer.dim must equal memory_attention.d_model.");
        if (encoder.PositionEncoding.NumPosFeats != encoder.OutDim || encoder.OutDim % 2 != 0)
            faults.Add("memory_encoder.position_encoding.num_pos_feats must equal out_dim, an even number.");
        if (encoder.Fuser.Layer.KernelSize != (2 * encoder.Fuser.Layer.Padding) + 1)
            faults.Add("memory_encoder.fuser.layer: kernel_size must be 2 * padding + 1.");
        if (encoder.Fuser.InputProjection && encoder.Fuser.Dim != encoder.InDim)
            faults.Add("memory_encoder.fuser.dim must equal in_dim where input_projection is on.");

        var sampler = encoder.MaskDownsampler;
        var reached = sampler.Stride;
        while (reached < sampler.TotalStride)
            reached *= sampler.Stride;
        if (reached != sampler.TotalStride || sampler.TotalStride != configuration.BackboneStride)
            faults.Add("memory_encoder.mask_downsampler: total_stride must be a power of stride and equal backbone_stride.");
        if (sampler.KernelSize <= 2 * sampler.Padding || sampler.KernelSize > sampler.Stride + (2 * sampler.Padding))
            faults.Add("memory_encoder.mask_downsampler: kernel_size and padding must make each step shrink by exactly stride.");
        if (configuration.HiddenDim % configuration.MemDim != 0)
            faults.Add("memory_encoder.out_dim must divide memory_attention.d_model: a pointer is cut into that many tokens.");
    }

    private static void CheckSwitches(Sam2Configuration configuration, List<string> faults)
    {
        if (configuration.ProjTposEncInObjPtrs && !configuration.AddTposEncToObjPtrs)
            faults.Add("proj_tpos_enc_in_obj_ptrs needs add_tpos_enc_to_obj_ptrs.");
        if (configuration.AddTposEncToObjPtrs && !configuration.ProjTposEncInObjPtrs && configuration.UseObjPtrsInEncoder && configuration.MemDim % 2 != 0)
            faults.Add("add_tpos_enc_to_obj_ptrs needs an even memory_encoder.out_dim.");
        if (configuration.FixedNoObjPtr && !(configuration.PredObjScores && configuration.UseObjPtrsInEncoder))
            faults.Add("fixed_no_obj_ptr needs pred_obj_scores and use_obj_ptrs_in_encoder.");
        if (!configuration.DirectlyAddNoMemEmbed && configuration.MemDim != configuration.HiddenDim)
            faults.Add("directly_add_no_mem_embed must be on where memories are narrower than the features.");
        if (configuration.MultimaskMinPtNum > configuration.MultimaskMaxPtNum)
            faults.Add("multimask_min_pt_num must not exceed multimask_max_pt_num.");
    }

    /// <summary>Channels of stage 0 to 3.</summary>
    internal static int StageDim(this HieraConfiguration trunk, int stage) => Grow(trunk.EmbedDim, trunk.DimMul, stage);

    /// <summary>Attention heads of stage 0 to 3.</summary>
    internal static int StageHeads(this HieraConfiguration trunk, int stage) => Grow(trunk.NumHeads, trunk.HeadMul, stage);

    private static int Grow(int value, double factor, int times)
    {
        for (var n = 0; n < times; n++)
            value = (int)(value * factor);
        return value;
    }
}
