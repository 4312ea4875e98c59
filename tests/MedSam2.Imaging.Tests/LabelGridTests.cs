using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests;

public class LabelGridTests
{
    private static readonly VolumeGeometry Grid = new(5, 4, 3, new Affine(new(0.7, 0.1, 0), new(-0.1, 0.7, 0), new(0, 0, 2.5), new(-12, 8, 33)));

    [Fact]
    public void Labels_stored_in_another_order_come_back_in_the_grids_own()
    {
        var expected = new LabelMap(Grid, [.. Enumerable.Range(0, 60).Select(n => (byte)n)]);
        var affine = Grid.IjkToLps;
        // The same voxels with j first, i falling and k falling.
        var stored = new LabelMap(new VolumeGeometry(4, 5, 3, new Affine(affine.J, -affine.I, -affine.K, affine.Transform(new(4, 0, 2)))));
        for (var k = 0; k < 3; k++)
        {
            for (var j = 0; j < 4; j++)
            {
                for (var i = 0; i < 5; i++)
                    stored[j, 4 - i, 2 - k] = expected[i, j, k];
            }
        }

        Assert.Equal(expected.Labels, stored.LayOnto(Grid).Labels);
    }

    [Fact]
    public void Voxels_beyond_the_labels_are_background()
    {
        var small = new LabelMap(Grid with { Columns = 2 });
        small.Labels.AsSpan().Fill(7);

        var laid = small.LayOnto(Grid);

        Assert.Equal(7, laid[1, 3, 2]);
        Assert.Equal(0, laid[2, 3, 2]);
        Assert.Equal(2 * 4 * 3, laid.Count(7));
    }
}
