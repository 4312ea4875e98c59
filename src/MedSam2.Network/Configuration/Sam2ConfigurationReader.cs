using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace MedSam2.Network;

/// <summary>
/// Reads the official YAML layout: a <c>model</c> mapping with Hydra's <c>_target_</c> entries. Keys left out take the defaults of
/// the reference's constructors; a key or a value that is not known is refused.
/// </summary>
public static class Sam2ConfigurationReader
{
    private const int LargestFile = 256 << 10; // characters; the official files have under 4,000
    private const int DeepestNesting = 32;
    private const int Widest = 8192; // channels

    /// <exception cref="ConfigurationException">The file is not such a configuration; the message names the key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Sam2Configuration Read(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > LargestFile)
            throw new ConfigurationException($"{Path.GetFileName(path)} has {length} bytes; a model configuration has at most {LargestFile}.");
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{Path.GetFileName(path)}: {e.Message}", e);
        }
    }

    /// <summary>Reads the text of a configuration file.</summary>
    /// <exception cref="ConfigurationException">As for <see cref="Read"/>.</exception>
    public static Sam2Configuration Parse(string yaml)
    {
        var root = new YamlSection(Load(yaml), "");
        var configuration = ReadModel(root.Section("model"));
        configuration.Validate();
        return configuration;
    }

    private static YamlNode Load(string yaml)
    {
        try
        {
            RefuseDeepNesting(yaml);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: { } root }, ..] ? root : throw new ConfigurationException("The file is empty.");
        }
        catch (YamlException e)
        {
            throw new ConfigurationException($"Line {e.Start.Line}: not well-formed YAML.", e);
        }
    }

    /// <summary>The document loader recurses and the event parser does not, so depth is counted before anything is loaded.</summary>
    private static void RefuseDeepNesting(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        for (var depth = 0; parser.MoveNext();)
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting)
                throw new ConfigurationException($"The file nests deeper than {DeepestNesting} levels.");
            if (parser.Current is AnchorAlias)
                throw new ConfigurationException("The file uses YAML aliases, which model configurations do not.");
        }
    }

    private static Sam2Configuration ReadModel(YamlSection model)
    {
        model.Target("SAM2Base");
        var fallback = model.OptionalSection("sam_mask_decoder_extra_args");
        model.Ignore("compile_image_encoder");
        var configuration = new Sam2Configuration
        {
            ImageEncoder = ReadImageEncoder(model.Section("image_encoder")),
            MemoryAttention = ReadMemoryAttention(model.Section("memory_attention")),
            MemoryEncoder = ReadMemoryEncoder(model.Section("memory_encoder")),
            NumMaskmem = model.Int("num_maskmem", 1, 64, 7),
            ImageSize = model.Int("image_size", 32, 4096, 512),
            BackboneStride = model.Int("backbone_stride", 4, 64, 16),
            SigmoidScaleForMemEnc = model.Number("sigmoid_scale_for_mem_enc", -1e3, 1e3, 1),
            SigmoidBiasForMemEnc = model.Number("sigmoid_bias_for_mem_enc", -1e3, 1e3, 0),
            BinarizeMaskFromPtsForMemEnc = model.Switch("binarize_mask_from_pts_for_mem_enc", false),
            UseMaskInputAsOutputWithoutSam = model.Switch("use_mask_input_as_output_without_sam", false),
            MaxCondFramesInAttn = model.Int("max_cond_frames_in_attn", -1, 1024, -1),
            DirectlyAddNoMemEmbed = model.Switch("directly_add_no_mem_embed", false),
            UseHighResFeaturesInSam = model.Switch("use_high_res_features_in_sam", false),
            MultimaskOutputInSam = model.Switch("multimask_output_in_sam", false),
            MultimaskMinPtNum = model.Int("multimask_min_pt_num", 0, 64, 1),
            MultimaskMaxPtNum = model.Int("multimask_max_pt_num", 0, 64, 1),
            MultimaskOutputForTracking = model.Switch("multimask_output_for_tracking", false),
            UseMultimaskTokenForObjPtr = model.Switch("use_multimask_token_for_obj_ptr", false),
            IouPredictionUseSigmoid = model.Switch("iou_prediction_use_sigmoid", false),
            MemoryTemporalStrideForEval = model.Int("memory_temporal_stride_for_eval", 1, 1024, 1),
            NonOverlapMasksForMemEnc = model.Switch("non_overlap_masks_for_mem_enc", false),
            UseObjPtrsInEncoder = model.Switch("use_obj_ptrs_in_encoder", false),
            MaxObjPtrsInEncoder = model.Int("max_obj_ptrs_in_encoder", 1, 1024, 16),
            AddTposEncToObjPtrs = model.Switch("add_tpos_enc_to_obj_ptrs", true),
            ProjTposEncInObjPtrs = model.Switch("proj_tpos_enc_in_obj_ptrs", false),
            UseSignedTposEncToObjPtrs = model.Switch("use_signed_tpos_enc_to_obj_ptrs", false),
            OnlyObjPtrsInThePastForEval = model.Switch("only_obj_ptrs_in_the_past_for_eval", false),
            PredObjScores = model.Switch("pred_obj_scores", false),
            PredObjScoresMlp = model.Switch("pred_obj_scores_mlp", false),
            FixedNoObjPtr = model.Switch("fixed_no_obj_ptr", false),
            SoftNoObjPtr = model.Switch("soft_no_obj_ptr", false),
            UseMlpForObjPtrProj = model.Switch("use_mlp_for_obj_ptr_proj", false),
            NoObjEmbedSpatial = model.Switch("no_obj_embed_spatial", false),
            SamMaskDecoderExtraArgs = ReadStabilityFallback(fallback),
            StatesStabilityFallback = fallback is not null,
        };
        model.End();
        return configuration;
    }

    private static ImageEncoderConfiguration ReadImageEncoder(YamlSection section)
    {
        section.Target("ImageEncoder");
        var encoder = new ImageEncoderConfiguration(ReadTrunk(section.Section("trunk")), ReadNeck(section.Section("neck")), section.Int("scalp", 0, 3, 0));
        section.End();
        return encoder;
    }

    private static HieraConfiguration ReadTrunk(YamlSection section)
    {
        section.Target("Hiera");
        section.Ignore("weights_path"); // the reference's start for training from scratch; weights come from the checkpoint here
        section.Fixed("return_interm_layers", "true");
        var defaults = new HieraConfiguration();
        if (section.OptionalInts("q_stride", 1, 8) is { } stride && stride is not [2, 2])
            throw section.Invalid("q_stride", "must be [2, 2]");
        var trunk = new HieraConfiguration
        {
            EmbedDim = section.Int("embed_dim", 1, Widest, defaults.EmbedDim),
            NumHeads = section.Int("num_heads", 1, 256, defaults.NumHeads),
            DropPathRate = section.Number("drop_path_rate", 0, 0.99, defaults.DropPathRate),
            QPool = section.Int("q_pool", 0, 3, defaults.QPool),
            Stages = section.OptionalInts("stages", 1, 256) ?? defaults.Stages,
            DimMul = section.Number("dim_mul", 1, 8, defaults.DimMul),
            HeadMul = section.Number("head_mul", 1, 8, defaults.HeadMul),
            WindowPosEmbedBkgSpatialSize = section.OptionalInts("window_pos_embed_bkg_spatial_size", 1, 256) ?? defaults.WindowPosEmbedBkgSpatialSize,
            WindowSpec = section.OptionalInts("window_spec", 1, 256) ?? defaults.WindowSpec,
            GlobalAttBlocks = section.OptionalInts("global_att_blocks", 0, 1024) ?? defaults.GlobalAttBlocks,
        };
        section.End();
        return trunk;
    }

    private static FpnNeckConfiguration ReadNeck(YamlSection section)
    {
        section.Target("FpnNeck");
        var neck = new FpnNeckConfiguration
        {
            PositionEncoding = ReadSine(section.Section("position_encoding")),
            DModel = section.Int("d_model", 1, Widest),
            BackboneChannelList = section.Ints("backbone_channel_list", 1, Widest),
            KernelSize = section.Int("kernel_size", 1, 15, 1),
            Stride = section.Int("stride", 1, 1, 1),
            Padding = section.Int("padding", 0, 7, 0),
            FpnInterpModel = section.Choice("fpn_interp_model", FpnInterpolation.Bilinear, ("nearest", FpnInterpolation.Nearest), ("bilinear", FpnInterpolation.Bilinear)),
            FuseType = section.Choice("fuse_type", FpnFusion.Sum, ("sum", FpnFusion.Sum), ("avg", FpnFusion.Avg)),
            FpnTopDownLevels = section.OptionalInts("fpn_top_down_levels", 0, 3),
        };
        section.End();
        return neck;
    }

    private static SinePositionConfiguration ReadSine(YamlSection section)
    {
        section.Target("PositionEmbeddingSine");
        foreach (var key in (ReadOnlySpan<string>)["warmup_cache", "image_size", "strides"])
            section.Ignore(key);
        var sine = new SinePositionConfiguration(
            section.Int("num_pos_feats", 2, Widest),
            section.Number("temperature", 1, 1e9, 10000),
            section.Switch("normalize", true),
            section.OptionalNumber("scale", 1e-3, 1e6));
        section.End();
        return sine;
    }

    private static MemoryAttentionConfiguration ReadMemoryAttention(YamlSection section)
    {
        section.Target("MemoryAttention");
        section.Fixed("batch_first", "true");
        var attention = new MemoryAttentionConfiguration(
            section.Int("d_model", 1, Widest),
            section.Switch("pos_enc_at_input"),
            ReadMemoryAttentionLayer(section.Section("layer")),
            section.Int("num_layers", 1, 64));
        section.End();
        return attention;
    }

    private static MemoryAttentionLayerConfiguration ReadMemoryAttentionLayer(YamlSection section)
    {
        section.Target("MemoryAttentionLayer");
        var layer = new MemoryAttentionLayerConfiguration
        {
            Activation = section.Choice<Activation>("activation", null, ("relu", Activation.Relu), ("gelu", Activation.Gelu)),
            DModel = section.Int("d_model", 1, Widest),
            DimFeedforward = section.Int("dim_feedforward", 1, 4 * Widest),
            Dropout = section.Number("dropout", 0, 0.99),
            PosEncAtAttn = section.Switch("pos_enc_at_attn"),
            PosEncAtCrossAttnKeys = section.Switch("pos_enc_at_cross_attn_keys"),
            PosEncAtCrossAttnQueries = section.Switch("pos_enc_at_cross_attn_queries"),
            SelfAttention = ReadRoPEAttention(section.Section("self_attention")),
            CrossAttention = ReadRoPEAttention(section.Section("cross_attention")),
        };
        section.End();
        return layer;
    }

    private static RoPEAttentionConfiguration ReadRoPEAttention(YamlSection section)
    {
        section.Target("RoPEAttention");
        section.Ignore("feat_sizes"); // the table is made for the map at hand
        var attention = new RoPEAttentionConfiguration
        {
            EmbeddingDim = section.Int("embedding_dim", 1, Widest),
            NumHeads = section.Int("num_heads", 1, 256),
            DownsampleRate = section.Int("downsample_rate", 1, 64, 1),
            Dropout = section.Number("dropout", 0, 0.99, 0),
            KvInDim = section.OptionalInt("kv_in_dim", 1, Widest),
            RopeTheta = section.Number("rope_theta", 1, 1e9, 10000),
            RopeKRepeat = section.Switch("rope_k_repeat", false),
        };
        section.End();
        return attention;
    }

    private static MemoryEncoderConfiguration ReadMemoryEncoder(YamlSection section)
    {
        section.Target("MemoryEncoder");
        var encoder = new MemoryEncoderConfiguration(
            section.Int("out_dim", 1, Widest),
            ReadMaskDownSampler(section.Section("mask_downsampler")),
            ReadFuser(section.Section("fuser")),
            ReadSine(section.Section("position_encoding")),
            section.Int("in_dim", 1, Widest, 256));
        section.End();
        return encoder;
    }

    private static MaskDownSamplerConfiguration ReadMaskDownSampler(YamlSection section)
    {
        section.Target("MaskDownSampler");
        var sampler = new MaskDownSamplerConfiguration
        {
            EmbedDim = section.Int("embed_dim", 1, Widest, 256),
            KernelSize = section.Int("kernel_size", 1, 15, 4),
            Stride = section.Int("stride", 2, 4, 4),
            Padding = section.Int("padding", 0, 7, 0),
            TotalStride = section.Int("total_stride", 2, 64, 16),
        };
        section.End();
        return sampler;
    }

    private static FuserConfiguration ReadFuser(YamlSection section)
    {
        section.Target("Fuser");
        var fuser = new FuserConfiguration(
            ReadCXBlock(section.Section("layer")),
            section.Int("num_layers", 1, 64),
            section.OptionalInt("dim", 1, Widest),
            section.Switch("input_projection", false));
        section.End();
        return fuser;
    }

    private static CXBlockConfiguration ReadCXBlock(YamlSection section)
    {
        section.Target("CXBlock");
        var block = new CXBlockConfiguration
        {
            Dim = section.Int("dim", 1, Widest),
            KernelSize = section.Int("kernel_size", 1, 31, 7),
            Padding = section.Int("padding", 0, 15, 3),
            DropPath = section.Number("drop_path", 0, 0.99, 0),
            LayerScaleInitValue = section.Number("layer_scale_init_value", -1, 1e3, 1e-6),
            UseDwconv = section.Switch("use_dwconv", true),
        };
        section.End();
        return block;
    }

    private static StabilityFallback ReadStabilityFallback(YamlSection? section)
    {
        if (section is null)
            return new StabilityFallback();
        var fallback = new StabilityFallback
        {
            DynamicMultimaskViaStability = section.Switch("dynamic_multimask_via_stability", false),
            DynamicMultimaskStabilityDelta = section.Number("dynamic_multimask_stability_delta", 0, 1e3, 0.05),
            DynamicMultimaskStabilityThresh = section.Number("dynamic_multimask_stability_thresh", 0, 1, 0.98),
        };
        section.End();
        return fallback;
    }
}
