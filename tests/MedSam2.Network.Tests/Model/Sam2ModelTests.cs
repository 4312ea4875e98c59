using MedSam2.Network.Runtime;
using MedSam2.Network.Tests.Golden;
using MedSam2.NetworkTestSupport;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Model;

public class Sam2ModelTests
{
    [Fact]
    public void Repeated_slices_leave_no_tensor_behind()
    {
        var model = ToyModel.Get();
        RunSlices(model, 1); // fills the tables

        var before = Live();
        RunSlices(model, 3);

        Assert.Equal(before, Live());
    }

    [Fact]
    public void Features_outlive_the_scope_they_are_detached_from_and_no_more()
    {
        var model = ToyModel.Get();
        RunSlices(model, 1);
        var before = Live();
        ImageFeatures features;
        using (new InferenceScope())
            features = model.EncodeImage(Image(1)).DetachFromDisposeScope();

        Assert.Equal(before + 3, Live());
        Assert.Equal(4 * ((4 * 32 * 32) + (8 * 16 * 16) + (32 * 8 * 8)), features.ByteCount);
        features.Dispose();
        Assert.Equal(before, Live());
    }

    [Fact]
    public void Model_made_inside_a_scope_outlives_it_and_trains()
    {
        Sam2Model model;
        using (new InferenceScope())
            model = FormulaModel.Create("toy");

        using var scope = NewDisposeScope();
        using (model)
            model.EncodeImage(Image(1)).Top.sum().backward();
    }

    [Fact]
    public void Every_parameter_learns()
    {
        using var scope = NewDisposeScope();
        using var model = FormulaModel.Create("toy", c => c.WithTrackingDefaults());
        model.train();

        var first = model.EncodeImage(Image(1));
        var prompt = new SamPrompt { PointCoords = tensor([44f, 40f, 90f, 92f, 20f, 20f, 100f, 100f, 5f, 5f], [1, 5, 2]), PointLabels = tensor([1, 0, 2, 3, -1], [1, 5]), MaskInputs = FormulaModel.Input("mask", [1, 1, 32, 32], 0, 4) };
        var output = model.ForwardSamHeads(first, model.ConditionWithoutMemory(first), prompt, multimask: true);
        var absent = full([1, 1], -1f);
        var memory = model.EncodeMemory(first, output.HighResMasks, absent, isMaskFromPoints: false);
        var second = model.EncodeImage(Image(1, "second"));
        var context = new MemoryContext([new(memory) { TemporalRows = [0] }], [new(output.ObjPtr) { TemporalPositions = [0.5f] }]);
        var tracked = model.ForwardSamHeads(second, model.ConditionOnMemory(second, context), SamPrompt.None, multimask: true);
        var single = model.ForwardSamHeads(second, model.ConditionOnMemory(second, context), SamPrompt.None, multimask: false);
        var masked = model.UseMaskAsOutput(second, model.ConditionWithoutMemory(second), cat([ones(1, 1, 128, 128), zeros(1, 1, 128, 128)], 0));
        var loss = cat([.. new[] { output, tracked, single, masked }.SelectMany(o => new[] { o.LowResMultimasks, o.Ious, o.ObjectScoreLogits, o.ObjPtr }.Select(t => t.square().mean().reshape(1)))]).sum();
        loss.backward();

        var still = model.named_parameters().Where(p => p.parameter.grad is not { } g || !(g.abs().max().item<float>() > 0)).Select(p => p.name);
        Assert.Equal(["no_mem_pos_enc"], still); // of no use where the no-memory vector is added directly
    }

    [Fact]
    public void Half_precision_follows_with_its_tables_and_stays_near()
    {
        using var scope = new InferenceScope();
        using var model = FormulaModel.Create("toy", c => c.WithTrackingDefaults());
        var exact = Track(model);
        model.to(ScalarType.BFloat16);
        Assert.Equal(ScalarType.BFloat16, model.Type);
        Assert.Equal(ScalarType.Float32, model.state_dict()["sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"].dtype);

        var near = Track(model);

        Assert.Equal(ScalarType.Float32, near.LowResMasks.dtype);
        Assert.Equal(ScalarType.BFloat16, near.ObjPtr.dtype);
        var agreement = near.LowResMultimasks.gt(0).eq(exact.LowResMultimasks.gt(0)).to(ScalarType.Float32).mean().item<float>();
        Assert.True(agreement > 0.97, $"only {agreement:p1} of the pixels agree");

        model.to(CPU, ScalarType.Float64);
        var precise = Track(model);
        Assert.Equal(ScalarType.Float64, precise.ObjPtr.dtype);
    }

    [Fact]
    public void Same_input_gives_the_same_bits()
    {
        using var scope = new InferenceScope();

        var (once, again) = (Track(ToyModel.Get()), Track(ToyModel.Get()));

        Assert.True(once.HighResMasks.equal(again.HighResMasks).all().item<bool>());
        Assert.True(once.ObjPtr.equal(again.ObjPtr).all().item<bool>());
    }

    [Fact]
    public void Image_of_another_size_is_refused()
    {
        using var image = zeros(1, 3, 64, 64);

        var error = Assert.Throws<ArgumentException>(() => ToyModel.Get().EncodeImage(image));

        Assert.Contains("[B,3,128,128]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_of_images_equals_each_alone()
    {
        using var scope = new InferenceScope();
        var model = ToyModel.Get();
        var images = Image(2);

        var together = model.EncodeImage(images);

        for (var n = 0; n < 2; n++)
        {
            var alone = model.EncodeImage(images.narrow(0, n, 1));
            for (var level = 0; level < 3; level++)
                GoldenFile.AssertClose(alone.Levels[level], together[n].Levels[level], 1e-5, 1e-5);
        }
    }

    [Fact]
    public void Several_objects_on_one_image_equal_each_alone()
    {
        using var scope = new InferenceScope();
        var model = ToyModel.Get();
        var features = model.EncodeImage(Image(1));
        var coords = tensor([44f, 40f, 92f, 90f, 10f, 100f], [3, 1, 2]);
        var labels = ones(3, 1, ScalarType.Int32);

        var together = TrackObjects(model, features, coords, labels);

        for (var n = 0; n < 3; n++)
        {
            var alone = TrackObjects(model, features, coords.narrow(0, n, 1), labels.narrow(0, n, 1));
            GoldenFile.AssertClose(alone.LowResMultimasks, together.LowResMultimasks.narrow(0, n, 1));
            GoldenFile.AssertClose(alone.ObjPtr, together.ObjPtr.narrow(0, n, 1));
        }
    }

    [Theory]
    [InlineData(true, 0, true)]
    [InlineData(true, 1, true)]
    [InlineData(true, 2, false)]
    [InlineData(false, 0, true)]
    [InlineData(false, 2, false)]
    public void Ambiguous_prompts_yield_three_candidates(bool initial, int points, bool multimask)
    {
        Assert.Equal(multimask, ToyModel.Get().UseMultimask(initial, points));
    }

    private static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private static Tensor Image(int count, string name = "image") => FormulaModel.Input(name, [count, 3, 128, 128], 0, 2);

    private static void RunSlices(Sam2Model model, int slices)
    {
        for (var n = 0; n < slices; n++)
        {
            using var scope = new InferenceScope();
            Track(model);
        }
    }

    private static SamOutput Track(Sam2Model model)
    {
        using var features = model.EncodeImage(Image(1));
        using var coords = tensor([44f, 40f], [1, 1, 2]);
        using var labels = ones(1, 1, ScalarType.Int32);
        return TrackObjects(model, features, coords, labels);
    }

    private static SamOutput TrackObjects(Sam2Model model, ImageFeatures features, Tensor coords, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var first = model.ForwardSamHeads(features, model.ConditionWithoutMemory(features), new SamPrompt { PointCoords = coords, PointLabels = labels }, multimask: true);
        var memory = model.EncodeMemory(features, first.HighResMasks, first.ObjectScoreLogits, isMaskFromPoints: true);
        var context = new MemoryContext([new(memory) { TemporalRows = [6] }], [new(first.ObjPtr) { TemporalPositions = [0.5f] }]);
        return model.ForwardSamHeads(features, model.ConditionOnMemory(features, context), SamPrompt.None, multimask: true).MoveToOuterDisposeScope();
    }
}
