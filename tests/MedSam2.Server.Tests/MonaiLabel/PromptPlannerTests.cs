using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Endpoints.MonaiLabel;
using MedSam2.Server.Segmentation;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

public sealed class PromptPlannerTests
{
    private static readonly VolumeGeometry Geometry = new(100, 80, 20, Affine.Identity);
    private static readonly InferModel Volume = InferModel.Require("medsam2");
    private static readonly InferModel Slice = InferModel.Require("medsam2_2d");

    [Fact]
    public void Points_of_several_slices_become_a_prompt_a_slice_with_x_along_columns()
    {
        var plan = Plan(Volume, new() { Foreground = [Point(10, 20, 5), Point(30, 40, 9)], Background = [Point(50, 60, 5)] });

        Assert.Equal([5, 9], plan.Prompts.Select(prompt => prompt.Index));
        Assert.All(plan.Prompts, prompt => Assert.Equal(SliceAxis.K, prompt.Axis));
        Assert.Equal([new(10, 20, true), new(50, 60, false)], plan.Prompts[0].Points);
        Assert.Empty(plan.Corrections);
        Assert.Equal((0, 19), (plan.Range!.First, plan.Range.Last));
    }

    [Fact]
    public void A_slice_with_background_points_alone_corrects_what_was_carried_there()
    {
        var plan = Plan(Volume, new() { Foreground = [Point(10, 20, 5)], Background = [Point(50, 60, 7)] });

        Assert.Equal(5, Assert.Single(plan.Prompts).Index);
        Assert.Equal(7, Assert.Single(plan.Corrections).Index);
    }

    [Fact]
    public void A_box_lies_on_the_slice_of_a_point_inside_it_or_else_in_its_middle()
    {
        var box = new VoxelBox(60, 40, 10, 30, 12, 4);

        Assert.Equal(8, Assert.Single(Plan(Volume, new() { Roi = box }).Prompts).Index);
        var pointed = Assert.Single(Plan(Volume, new() { Roi = box, Foreground = [Point(50, 20, 10)] }).Prompts);
        Assert.Equal(10, pointed.Index);
        Assert.Equal(new PromptBox(40, 10, 60, 30), pointed.Box);
    }

    [Fact]
    public void A_box_over_several_slices_bounds_the_walk_and_a_flat_one_does_not()
    {
        Assert.Equal((4, 12), RangeOf(new() { Roi = new VoxelBox(40, 60, 10, 30, 4, 12) }));
        Assert.Equal((4, 16), RangeOf(new() { Roi = new VoxelBox(40, 60, 10, 30, 4, 12), Foreground = [Point(1, 1, 16)] }));
        Assert.Equal((0, 19), RangeOf(new() { Roi = new VoxelBox(40, 60, 10, 30, 8, 8) }));
    }

    [Fact]
    public void A_reach_bounds_the_walk_around_all_prompts()
    {
        Assert.Equal((3, 11), RangeOf(new() { Foreground = [Point(1, 1, 5), Point(1, 1, 9)], Settings = new() { MaxSlices = 2 } }));
    }

    [Fact]
    public void A_slice_model_takes_the_points_slice_then_the_middle_of_the_box_then_nothing()
    {
        Assert.Equal(6, SliceOf(new() { Foreground = [Point(1, 1, 5), Point(1, 1, 6)], Slice = 0 }));
        Assert.Equal(5, SliceOf(new() { Foreground = [Point(1, 1, 5), Point(1, 1, 6)], Slice = 5 }));
        Assert.Equal(8, SliceOf(new() { Roi = new VoxelBox(40, 60, 10, 30, 4, 12), Slice = 500 }));
        Assert.Empty(Plan(Slice, new() { Slice = 3 }).Prompts);
        Assert.Null(Plan(Slice, new() { Foreground = [Point(1, 1, 5)] }).Range);
    }

    [Fact]
    public void Points_of_other_slices_are_left_out_of_a_slice_model()
    {
        var plan = Plan(Slice, new() { Foreground = [Point(1, 1, 5), Point(2, 2, 6)], Background = [Point(3, 3, 5)], Slice = 6 });

        Assert.Equal([new(2, 2, true)], Assert.Single(plan.Prompts).Points);
    }

    private static int SliceOf(InferParameters parameters) => Assert.Single(Plan(Slice, parameters).Prompts).Index;

    private static (int First, int Last) RangeOf(InferParameters parameters)
    {
        var range = Plan(Volume, parameters).Range!;
        return (range.First, range.Last);
    }

    private static PromptPlan Plan(InferModel model, InferParameters parameters) => PromptPlanner.Create(parameters, model, Geometry);

    private static VoxelPoint Point(int i, int j, int k) => new(i, j, k, 0);
}
