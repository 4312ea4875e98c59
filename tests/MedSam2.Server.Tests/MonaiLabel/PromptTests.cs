using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel;

/// <summary>Prompts reach the voxels they name. This is about geometry, so thresholds are far below what a good model reaches.</summary>
public sealed class PromptTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task A_box_on_one_side_gives_a_mask_on_that_side()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(4, 4) }, "medsam2_2d");

        var (inside, outside) = Count(mask, margin: 4);
        Assert.True(inside > 150, $"{inside} voxels lie in the block.");
        Assert.True(inside > 4 * outside, $"{outside} voxels lie outside the block, {inside} inside.");
    }

    [Fact]
    public async Task A_point_selects_what_lies_at_its_voxel()
    {
        var mask = await server.MaskAsync(new { foreground = new[] { new[] { 70, 17, 4 } }, background = Array.Empty<int[]>() }, "medsam2_2d");

        var (inside, outside) = Count(mask, margin: 4);
        Assert.True(inside > 100, $"{inside} voxels lie in the block.");
        Assert.True(inside > outside, $"{outside} voxels lie outside the block, {inside} inside.");
    }

    [Fact]
    public async Task A_slice_model_leaves_all_other_slices_empty()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(5, 5), slice = 0 }, "medsam2_2d");

        Assert.Equal([5], OccupiedSlices(mask));
    }

    [Fact]
    public async Task A_volume_model_goes_beyond_the_prompted_slice()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(4, 4) });

        Assert.Superset(new HashSet<int> { 3, 4, 5 }, OccupiedSlices(mask).ToHashSet());
        var (inside, outside) = Count(mask, margin: 4);
        Assert.True(inside > outside, $"{outside} voxels lie outside the block, {inside} inside.");
    }

    [Fact]
    public async Task A_mask_holds_zeros_and_ones_only()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(4, 4), label = "spleen" });

        Assert.All(mask.Labels, label => Assert.InRange(label, 0, 1));
    }

    [Fact]
    public async Task A_box_may_have_its_ends_in_any_order_and_beyond_the_volume()
    {
        var expected = await server.MaskAsync(new { roi = new[] { 60, 95, 0, 25, 4, 6 } });

        Assert.Equal(expected.Labels, (await server.MaskAsync(new { roi = new[] { 95, 60, 25, 0, 6, 4 } })).Labels);
        Assert.Equal(expected.Labels, (await server.MaskAsync(new { roi = new[] { 60, 1000, -50, 25, 4, 6 } })).Labels);
    }

    [Fact]
    public async Task A_box_over_several_slices_stays_within_them()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(3, 6) });

        Assert.All(OccupiedSlices(mask), k => Assert.InRange(k, 3, 6));
        Assert.Contains(4, OccupiedSlices(mask));
    }

    [Fact]
    public async Task The_setting_max_slices_limits_how_far_an_object_is_carried()
    {
        var mask = await server.MaskAsync(new { roi = TestSeries.Roi(4, 4), max_slices = 1, bank = "fifo", device = "cpu" });

        Assert.All(OccupiedSlices(mask), k => Assert.InRange(k, 3, 5));
    }

    [Fact]
    public async Task A_closer_look_is_the_requests_choice_or_else_the_servers()
    {
        var set = new RunningServer();
        await using var _ = set;
        await set.StartAsync("--MedSam2:CloserLook=true");
        var roi = TestSeries.Roi(TestSeries.MiddleSlice, TestSeries.MiddleSlice);

        var (plain, closer) = (await server.MaskAsync(new { roi }), await server.MaskAsync(new { roi, closer_look = true }));
        Assert.NotEqual(plain.Labels, closer.Labels);
        Assert.Equal(closer.Labels, (await set.MaskAsync(new { roi })).Labels);
        Assert.Equal(plain.Labels, (await set.MaskAsync(new { roi, closer_look = false })).Labels);
    }

    [Fact]
    public async Task Points_without_a_place_are_left_out()
    {
        object[] points = [new object?[] { 70, 17, 4 }, new object?[] { null, 2, 3 }, null!];
        var mask = await server.MaskAsync(new { foreground = points }, "medsam2_2d");

        Assert.Equal((await server.MaskAsync(new { foreground = new[] { new[] { 70, 17, 4 } } }, "medsam2_2d")).Labels, mask.Labels);
    }

    [Fact]
    public async Task Requests_in_turn_do_not_influence_each_other()
    {
        object here = new { roi = TestSeries.Roi(4, 4) }, there = new { roi = new[] { 5, 30, 40, 60, 8, 8 } };
        var alone = await server.MaskAsync(here);

        var (again, other) = (server.MaskAsync(here), server.MaskAsync(there));
        Assert.Equal(alone.Labels, (await again).Labels);
        Assert.NotEqual(alone.Labels, (await other).Labels);
        Assert.Equal(alone.Labels, (await server.MaskAsync(here)).Labels);
    }

    private static (int Inside, int Outside) Count(LabelMap mask, int margin)
    {
        var (inside, outside) = (0, 0);
        for (var k = 0; k < TestSeries.Slices; k++)
        {
            for (var j = 0; j < TestSeries.Rows; j++)
            {
                for (var i = 0; i < TestSeries.Columns; i++)
                {
                    if (mask[i, j, k] == 0)
                        continue;
                    if (TestSeries.InBlock(i, j, k, margin))
                        inside++;
                    else
                        outside++;
                }
            }
        }

        return (inside, outside);
    }

    private static IReadOnlyList<int> OccupiedSlices(LabelMap mask) =>
        [.. Enumerable.Range(0, TestSeries.Slices).Where(k => mask.ReadSlice(Imaging.Geometry.SliceAxis.K, k, 1).Count() > 0)];
}
