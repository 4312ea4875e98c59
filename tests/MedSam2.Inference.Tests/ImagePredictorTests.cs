using MedSam2.Inference.Pictures;
using MedSam2.Inference.Preprocessing;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;
using GoldenFile = MedSam2.Inference.Tests.Golden.GoldenFile;

namespace MedSam2.Inference.Tests;

public sealed class ImagePredictorTests
{
    private const double Tolerance = 5e-3;

    [Theory]
    [InlineData("point_multi", true)]
    [InlineData("points_single", false)]
    [InlineData("box_single", false)]
    [InlineData("box_point_multi", true)]
    [InlineData("boxes_batch", false)]
    [InlineData("refine", false)]
    public void Prompts_on_a_still_picture_equal_the_reference(string run, bool multimask)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("toy", "image_predictor.safetensors");
        using var model = FormulaModel.Create("toy", c => c.WithStabilityFallback());
        using var predictor = new ImagePredictor(model, golden.Values<byte>("image_u8"), 140, 100, 3);
        var mask = run == "refine" ? golden.Tensor("refine.mask_input").unsqueeze(0) : null;

        using var prediction = predictor.Predict(Prompts(run), mask, multimask);

        var isBatch = run == "boxes_batch";
        Assert.InRange(golden.MaxDifference(run + ".masks", isBatch ? prediction.Masks : prediction.Masks.squeeze(0)), 0, Tolerance);
        Assert.InRange(golden.MaxDifference(run + ".ious", isBatch ? prediction.Ious : prediction.Ious.squeeze(0)), 0, 1e-4);
        Assert.InRange(golden.MaxDifference(run + ".low_res", isBatch ? prediction.LowResolution : prediction.LowResolution.squeeze(0)), 0, Tolerance);
    }

    [Fact]
    public void Features_of_a_still_picture_equal_the_reference()
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("toy", "image_predictor.safetensors");
        using var model = FormulaModel.Create("toy", c => c.WithStabilityFallback());
        using var predictor = new ImagePredictor(model, golden.Values<byte>("image_u8"), 140, 100, 3);

        Assert.InRange(golden.MaxDifference("image_embed", predictor.Conditioned), 0, 1e-4);
        Assert.InRange(golden.MaxDifference("high_res0", predictor.Features.Levels[0]), 0, 1e-4);
        Assert.InRange(golden.MaxDifference("high_res1", predictor.Features.Levels[1]), 0, 1e-4);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(8, 0)]
    [InlineData(0, 6)]
    [InlineData(8, 6)]
    public void Small_holes_and_islands_are_mended_as_the_reference_does(int hole, int island)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("toy", "postprocess.safetensors");
        var logits = golden.Values<float>("logits");
        for (var mask = 0; mask < 3; mask++)
            MaskCleaning.Clean(logits.AsSpan(mask * 1024, 1024), 32, hole, island);

        var enlarged = nn.functional.interpolate(
            tensor(logits).view(1, 3, 32, 32), [40, 50], mode: InterpolationMode.Bilinear, align_corners: false);

        Assert.InRange(golden.MaxDifference($"hole{hole}.sprinkle{island}.masks", enlarged), 0, 1e-4);
    }

    [Fact]
    public void Holes_in_a_tracked_mask_are_filled_as_the_reference_does()
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenFile("toy", "postprocess.safetensors");
        var logits = golden.Values<float>("logits");

        // The stored answer has the first mask filled and the two others as they were.
        MaskCleaning.FillHoles(logits.AsSpan(0, 1024), 32, 8, MaskCleaning.FilledLogit);

        Assert.Equal(0, golden.MaxDifference("fill_holes_area8", tensor(logits).view(1, 3, 32, 32)));
    }

    private static List<(double, double, int)>[] Prompts(string run) => run switch
    {
        "point_multi" => [[(60, 45, 1)]],
        "points_single" => [[(60, 45, 1), (10, 90, 0)]],
        "refine" => [[(60, 45, 1), (100, 20, 0)]],
        "box_single" => [[(28, 20, 2), (92, 70, 3)]],
        "box_point_multi" => [[(28, 20, 2), (92, 70, 3), (60, 45, 1)]],
        _ => [[(28, 20, 2), (92, 70, 3)], [(5, 5, 2), (50, 40, 3)]],
    };
}
