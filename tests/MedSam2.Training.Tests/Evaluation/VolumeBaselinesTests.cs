using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Baselines;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class VolumeBaselinesTests
{
    private static readonly VolumeGeometry Grid = new(20, 20, 9, new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), Vector3D.Zero));

    [Fact]
    public void One_box_is_carried_as_deep_as_it_is_wide()
    {
        // 8 x 8 mm in the slice: 4 mm to both sides, which is less than 2 slices of 2 mm.
        var box = Answers(new() { [4] = new(6, 6, 13, 13) })[VolumeBaselines.Box];
        Assert.Equal([0, 0, 0, 64, 64, 64, 0, 0, 0], Areas(box));
    }

    [Fact]
    public void An_ellipse_shrinks_towards_the_ends()
    {
        var areas = Areas(Answers(new() { [4] = new(2, 2, 17, 17) })[VolumeBaselines.Ellipse]);
        Assert.True(areas[4] > areas[5] && areas[5] > areas[6] && areas[6] > areas[7] && areas[7] > 0, string.Join(' ', areas));
        Assert.Equal(areas, areas.Reverse());
    }

    [Fact]
    public void Between_two_boxes_the_box_is_interpolated()
    {
        var box = Answers(new() { [2] = new(4, 4, 7, 7), [6] = new(8, 8, 15, 15) })[VolumeBaselines.Box];
        Assert.Equal(new PixelBox(6, 6, 6, 6), box.ReadSlice(SliceAxis.K, 4, 1).BoundingBox());
        Assert.Equal(16, Areas(box)[2]);
        Assert.Equal(64, Areas(box)[6]);
    }

    [Fact]
    public void Region_growing_follows_the_object()
    {
        var grown = Answers(new() { [4] = new(6, 6, 13, 13) })[VolumeBaselines.Growing];
        Assert.Equal(Enumerable.Repeat(36, 9), Areas(grown));
    }

    private static Dictionary<string, LabelMap> Answers(Dictionary<int, PromptBox> boxes) =>
        VolumeBaselines.FromBoxes(Column(), SliceAxis.K, boxes).ToDictionary(a => a.Method, a => new LabelMap(Grid, a.Voxels));

    private static int[] Areas(LabelMap map) => [.. Enumerable.Range(0, 9).Select(k => map.ReadSlice(SliceAxis.K, k, 1).Count())];

    /// <summary>A bright square column of 6 x 6 through all slices.</summary>
    private static Volume Column()
    {
        var values = new float[Grid.VoxelCount];
        for (var n = 0; n < values.Length; n++)
            values[n] = n % 20 is >= 7 and < 13 && n / 20 % 20 is >= 7 and < 13 ? 200 + (n % 3) : 10;
        return new Volume(Grid, new Float32Voxels(values));
    }
}
