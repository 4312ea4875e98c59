using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests.Volumes;

public sealed class GridAlignmentTests
{
    private static readonly VolumeGeometry Image = new(4, 3, 2, new(new(2, 0, 0), new(0, 3, 0), new(0, 0, 5), new(10, 20, 30)));

    [Fact]
    public void Labels_stored_with_turned_and_mirrored_axes_are_laid_straight()
    {
        // Labels with i = the image's k, j = its i backwards, k = its j.
        var stored = new VolumeGeometry(2, 4, 3, new(new(0, 0, 5), new(-2, 0, 0), new(0, 3, 0), new(16, 20, 30)));
        var labels = new LabelMap(stored);
        for (var k = 0; k < 2; k++)
        {
            for (var j = 0; j < 3; j++)
            {
                for (var i = 0; i < 4; i++)
                    labels[k, 3 - i, j] = (byte)(1 + i + (4 * j) + (12 * k));
            }
        }

        Assert.Equal(Enumerable.Range(1, 24).Select(n => (byte)n), GridAlignment.To(labels, Image).Labels);
    }

    [Fact]
    public void The_same_grid_is_taken_as_it_is()
    {
        var labels = new LabelMap(Image, [.. Enumerable.Range(0, 24).Select(n => (byte)n)]);
        Assert.Equal(labels.Labels, GridAlignment.To(labels, Image).Labels);
    }

    [Theory]
    [InlineData(0.5, 0, 1)] // between voxels
    [InlineData(2, 0, 1)] // a voxel beside
    [InlineData(0, 0.1, 1)] // turned a little
    [InlineData(0, 0, 1.2)] // other spacing
    public void Another_grid_is_refused(double shift, double turn, double scale)
    {
        var other = Image with { IjkToLps = new(new(2 * scale, 2 * turn, 0), new(0, 3, 0), new(0, 0, 5), new(10 + shift, 20, 30)) };
        Assert.Throws<ArgumentException>(() => GridAlignment.To(new LabelMap(other), Image));
    }
}
