using MedSam2.Imaging.Geometry;
using MedSam2.Training.Evaluation;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class VoxelMasksTests
{
    private static readonly VolumeGeometry Grid = new(17, 13, 9, new(new(0.7, 0, 0), new(0, 1.1, 0), new(0, 0, 2.5), Vector3D.Zero));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Scores_where_masks_are_equal_scores_on_the_whole_grid(int seed)
    {
        var random = new Random(seed);
        byte[] a = Block(random), b = Block(random);
        var whole = SegmentationMetrics.Score(a, b, (17, 13, 9), (0.7, 1.1, 2.5), 2);
        Assert.Equal(whole, VoxelMasks.Score(a, b, Grid, 2));
    }

    [Fact]
    public void Two_empty_masks_agree() => Assert.Equal(
        new SegmentationScore(1, 1, 1, 0), VoxelMasks.Score(new byte[Grid.VoxelCount], new byte[Grid.VoxelCount], Grid, 2));

    [Theory]
    [InlineData(SliceAxis.K)]
    [InlineData(SliceAxis.J)]
    [InlineData(SliceAxis.I)]
    public void Slices_put_together_give_the_volume(SliceAxis axis)
    {
        var volume = Block(new Random(4));
        var map = new Imaging.Volumes.LabelMap(Grid, volume);
        var copy = new byte[volume.Length];
        for (var index = 0; index < Grid.SliceShape(axis).Count; index++)
            VoxelMasks.Put(copy, Grid, axis, index, map.ReadSlice(axis, index, 1));
        Assert.Equal(volume, copy);
    }

    [Fact]
    public void Slices_are_counted_but_for_the_prompted_one()
    {
        var (masks, truth) = (new byte[Grid.VoxelCount], new byte[Grid.VoxelCount]);
        foreach (var slice in (int[])[2, 3, 4, 7])
            masks[(slice * 221) + 30] = 1;
        foreach (var slice in (int[])[3, 4, 5])
            truth[(slice * 221) + 90] = 1;
        Assert.Equal(new SlicePresence(Empty: 6, LeftEmpty: 4, Held: 2, Found: 1), VoxelMasks.Presence(masks, truth, Grid, SliceAxis.K, prompted: 4));
        // Along the columns all that is masked lies on one slice (30 % 17), and all of the truth on another (90 % 17).
        Assert.Equal(new SlicePresence(Empty: 15, LeftEmpty: 14, Held: 1, Found: 0), VoxelMasks.Presence(masks, truth, Grid, SliceAxis.I, prompted: 0));
    }

    /// <summary>A block that may touch the grid's edges, with holes.</summary>
    private static byte[] Block(Random random)
    {
        var mask = new byte[Grid.VoxelCount];
        var (i0, j0, k0) = (random.Next(8), random.Next(6), random.Next(4));
        for (var n = 0; n < mask.Length; n++)
            mask[n] = n % 17 >= i0 && n % 17 < i0 + 9 && n / 17 % 13 >= j0 && n / 17 % 13 < j0 + 7 && n / 221 >= k0 && n / 221 < k0 + 5 && random.Next(9) > 0 ? (byte)1 : (byte)0;
        return mask;
    }
}
