using MedSam2.Training.Evaluation;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public class SegmentationMetricsTests
{
    private static readonly (int X, int Y, int Z) Size = (12, 12, 12);

    [Fact]
    public void Equal_masks_score_perfectly()
    {
        var cube = Cube(2, 8);

        Assert.Equal(new(1, 1, 1, 0), SegmentationMetrics.Score(cube, cube, Size, (1, 1, 1)));
    }

    [Fact]
    public void Two_empty_masks_agree_and_one_empty_mask_is_wrong()
    {
        Assert.Equal(new(1, 1, 1, 0), SegmentationMetrics.Score(new byte[1728], new byte[1728], Size, (1, 1, 1)));
        Assert.Equal(new(0, 0, 0, double.PositiveInfinity), SegmentationMetrics.Score(new byte[1728], Cube(2, 8), Size, (1, 1, 1)));
    }

    [Fact]
    public void A_cube_moved_along_one_axis_scores_as_computed_by_hand()
    {
        // 6-voxel cubes, moved by 3 of 6 voxels along x, whose voxels are 2 mm long.
        var truth = Cube(1, 7);
        var moved = new byte[truth.Length];
        truth.AsSpan(0, truth.Length - 3).CopyTo(moved.AsSpan(3));

        var score = SegmentationMetrics.Score(moved, truth, Size, (2, 1, 1), toleranceMm: 0);

        Assert.Equal(0.5, score.Dice, 1e-12);
        Assert.Equal(1.0 / 3, score.Iou, 1e-12);
        Assert.Equal(6, score.Hausdorff95, 1e-6); // the far faces are 3 voxels of 2 mm apart
        // A border has 152 voxels. Of the three layers that the cubes share, the outer 20 voxels of each lie on both borders.
        Assert.Equal(60.0 / 152, score.SurfaceDice, 1e-12);
    }

    [Fact]
    public void Masks_of_different_grids_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SegmentationMetrics.Score(new byte[3], new byte[4], (3, 1, 1), (1, 1, 1)));
    }

    private static byte[] Cube(int first, int end)
    {
        var mask = new byte[Size.X * Size.Y * Size.Z];
        for (var z = first; z < end; z++)
        {
            for (var y = first; y < end; y++)
                mask.AsSpan((((z * Size.Y) + y) * Size.X) + first, end - first).Fill(1);
        }

        return mask;
    }
}
