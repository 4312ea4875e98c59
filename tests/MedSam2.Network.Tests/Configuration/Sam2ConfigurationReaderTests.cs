using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Network.Tests.Configuration;

public class Sam2ConfigurationReaderTests
{
    private static readonly string Toy = File.ReadAllText(FormulaModel.ConfigurationFile("toy"));

    public static TheoryData<string> Published { get; } =
        [.. Directory.GetDirectories(Path.Combine(RepositoryPaths.Root, "manifests", "models")).Select(d => Path.GetFileName(d)!).Where(n => File.Exists(FormulaModel.ConfigurationFile(n))).Order()];

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_configuration_is_read(string name)
    {
        var configuration = Sam2ConfigurationReader.Read(FormulaModel.ConfigurationFile(name));

        Assert.Equal(configuration.ImageSize / 16, configuration.EmbeddingSize);
        Assert.Equal(configuration.ImageSize / 4, configuration.LowResolutionMaskSize);
        Assert.Equal(name.StartsWith("sam2.1", StringComparison.Ordinal) || name is "medsam2_t512" or "medsam2-nano", configuration.NoObjEmbedSpatial);
    }

    [Fact]
    public void Keys_left_out_take_the_defaults_of_the_reference()
    {
        var trunk = Sam2ConfigurationReader.Read(FormulaModel.ConfigurationFile("sam2.1_hiera_base_plus")).ImageEncoder.Trunk;

        Assert.Equal([2, 3, 16, 3], trunk.Stages);
        Assert.Equal([12, 16, 20], trunk.GlobalAttBlocks);
        Assert.Equal([8, 4, 14, 7], trunk.WindowSpec);
        Assert.Equal([14, 14], trunk.WindowPosEmbedBkgSpatialSize);
        var sampler = Sam2ConfigurationReader.Read(FormulaModel.ConfigurationFile("sam2.1_hiera_tiny")).MemoryEncoder;
        Assert.Equal((256, 256, 16), (sampler.InDim, sampler.MaskDownsampler.EmbedDim, sampler.MaskDownsampler.TotalStride));
    }

    [Fact]
    public void Switches_that_the_file_lacks_stay_off_until_asked_for()
    {
        var configuration = Sam2ConfigurationReader.Parse(Toy);

        Assert.False(configuration.SamMaskDecoderExtraArgs.DynamicMultimaskViaStability);
        Assert.False(configuration.BinarizeMaskFromPtsForMemEnc);
        Assert.True(configuration.WithTrackingDefaults().SamMaskDecoderExtraArgs.DynamicMultimaskViaStability);
        Assert.True(configuration.WithTrackingDefaults().BinarizeMaskFromPtsForMemEnc);
    }

    [Fact]
    public void Fallback_that_the_file_states_is_kept()
    {
        var configuration = Sam2ConfigurationReader.Parse(
            Toy.TrimEnd() + "\n  sam_mask_decoder_extra_args:\n    dynamic_multimask_via_stability: false\n");

        Assert.False(configuration.WithTrackingDefaults().SamMaskDecoderExtraArgs.DynamicMultimaskViaStability);
        Assert.True(configuration.WithTrackingDefaults().BinarizeMaskFromPtsForMemEnc);
    }

    [Fact]
    public void Number_in_scientific_notation_without_a_dot_is_a_number()
    {
        var configuration = Sam2ConfigurationReader.Parse(Toy.Replace("1.0e-6", "1e-6", StringComparison.Ordinal));

        Assert.Equal(1e-6, configuration.MemoryEncoder.Fuser.Layer.LayerScaleInitValue);
    }

    [Fact]
    public void Classes_of_a_fork_are_the_same_classes()
    {
        var configuration = Sam2ConfigurationReader.Parse(Toy.Replace("sam2.modeling", "sam2_train.modeling", StringComparison.Ordinal));

        Assert.Equal(128, configuration.ImageSize);
    }

    [Theory]
    [InlineData("scalp: 1", "scalp: one", "model.image_encoder.scalp")]
    [InlineData("scalp: 1", "scalp: 7", "model.image_encoder.scalp")]
    [InlineData("scalp: 1", "sclap: 1", "unknown keys: sclap")]
    [InlineData("num_maskmem: 7", "num_maskmem: 7\n  use_objptrs: true", "unknown keys: use_objptrs")]
    [InlineData("image_size: 128", "image_size: 100", "image_size")]
    [InlineData("image_size: 128", "image_size: 99999999999", "model.image_size")]
    [InlineData("image_size: 128", "image_size: ${scratch.resolution}", "model.image_size")]
    [InlineData("activation: relu", "activation: swish", "relu or gelu")]
    [InlineData("stages: [1, 2, 4, 2]", "stages: [1, 2, 4]", "four stages")]
    [InlineData("stages: [1, 2, 4, 2]", "stages: 9", "model.image_encoder.trunk.stages")]
    [InlineData("global_att_blocks: [5]", "global_att_blocks: [9]", "global_att_blocks")]
    [InlineData("global_att_blocks: [5]", "global_att_blocks: [3]", "cannot be global")]
    [InlineData("window_spec: [8, 4, 6, 3]", "window_spec: [8, 3, 6, 3]", "must be even")]
    [InlineData("backbone_channel_list: [64, 32, 16, 8]", "backbone_channel_list: [8, 16, 32, 64]", "backbone_channel_list")]
    [InlineData("kv_in_dim: 8", "kv_in_dim: 16", "kv_in_dim")]
    [InlineData("fpn_interp_model: nearest", "fpn_interp_model: bicubic", "nearest or bilinear")]
    [InlineData("pred_obj_scores: true", "pred_obj_scores: maybe", "true or false")]
    [InlineData("pred_obj_scores: true", "pred_obj_scores: false", "fixed_no_obj_ptr")]
    [InlineData("sam2.modeling.backbones.hieradet.Hiera", "timm.ViT", "only Hiera")]
    [InlineData("sigmoid_scale_for_mem_enc: 20.0", "sigmoid_scale_for_mem_enc: .nan", "sigmoid_scale_for_mem_enc")]
    public void Fault_is_named(string wanted, string instead, string message)
    {
        Assert.Contains(wanted, Toy, StringComparison.Ordinal);

        var error = Assert.Throws<ConfigurationException>(() => Sam2ConfigurationReader.Parse(Toy.Replace(wanted, instead, StringComparison.Ordinal)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("model: 3")]
    [InlineData("model:\n  - a\n")]
    [InlineData("a: [1, 2")]
    [InlineData("a: &x [1]\nb: *x\n")]
    [InlineData("? [1]\n: 2\n")]
    [InlineData("\u0000\u0001")]
    public void Text_that_is_no_configuration_is_refused(string text)
    {
        Assert.Throws<ConfigurationException>(() => Sam2ConfigurationReader.Parse(text));
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_is_loaded()
    {
        Assert.Throws<ConfigurationException>(() => Sam2ConfigurationReader.Parse("model: " + new string('[', 100_000)));
    }
}
