using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests.Masks;

public class MaskTests
{
    [Fact]
    public void Outline_is_the_rim_inside_the_mask()
    {
        var outline = MaskRunsTests.Parse(
            ".....#",
            ".###.#",
            ".###..",
            ".###..").Outline();

        Assert.Equal(
            MaskRunsTests.Parse(
                ".....#",
                ".###.#",
                ".#.#..",
                ".###..").Pixels,
            outline.Pixels);
    }

    [Fact]
    public void Dice_counts_common_pixels_twice_over_the_sum()
    {
        var a = MaskRunsTests.Parse("##..");
        var b = MaskRunsTests.Parse(".##.");

        Assert.Equal(0.5, Overlap.Dice(a, b));
        Assert.Equal(1, Overlap.Dice(a, a));
        Assert.Equal(0, Overlap.Dice(a, MaskRunsTests.Parse("..##")));
        Assert.Equal(1, Overlap.Dice(new Mask(4, 1), new Mask(4, 1)));
        Assert.Throws<ArgumentException>(() => Overlap.Dice(a, new Mask(2, 2)));
    }

    [Fact]
    public void Dice_of_labels_compares_one_label_with_one_label()
    {
        var geometry = new VolumeGeometry(2, 2, 1, Affine.Identity);

        Assert.Equal(0.8, Overlap.Dice(new LabelMap(geometry, [5, 5, 5, 1]), 5, new LabelMap(geometry, [1, 1, 0, 5]), 1), 1e-12);
    }

    [Fact]
    public void Pieces_that_meet_late_are_one()
    {
        var components = ConnectedComponents.Of(MaskRunsTests.Parse(
            "#.#.#",
            "#.#..",
            "###.#"));

        Assert.Equal([7, 1, 1], components.Sizes);
        Assert.Equal([1, 0, 1, 0, 2, 1, 0, 1, 0, 0, 1, 1, 1, 0, 3], components.Labels);
    }

    [Fact]
    public void Pieces_of_a_volume_hang_together_across_slices()
    {
        var labels = new LabelMap(new VolumeGeometry(3, 1, 2, Affine.Identity), [4, 0, 4, 4, 4, 4]);

        Assert.Equal([5], ConnectedComponents.Of(labels, 4).Sizes);
        Assert.Empty(ConnectedComponents.Of(labels, 7).Sizes);
    }

    [Fact]
    public void Components_are_those_of_a_flood_fill()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var mask = MaskRunsTests.RandomMask(random);

            var components = ConnectedComponents.Of(mask);

            var expected = FloodFill(mask);
            Assert.Equal(expected, components.Labels);
            Assert.Equal(mask.Count(), components.Sizes.Sum());
            Assert.Equal(components.Sizes.DefaultIfEmpty().Max(), ConnectedComponents.Largest(mask).Count());
        }
    }

    [Theory]
    [InlineData(SliceAxis.K, 1, 3)]
    [InlineData(SliceAxis.J, 0, 2)]
    [InlineData(SliceAxis.I, 1, 3)]
    public void Largest_slice_is_found_across_each_axis(SliceAxis axis, int index, int count)
    {
        var labels = new LabelMap(new VolumeGeometry(2, 2, 2, Affine.Identity), [0, 5, 0, 0, 1, 5, 5, 5]);

        Assert.Equal((index, count), labels.LargestSlice(axis, 5));
        Assert.Equal((-1, 0), labels.LargestSlice(axis, 9));
        Assert.Equal(4, labels.Count(5));
    }

    private static int[] FloodFill(Mask mask)
    {
        var labels = new int[mask.Pixels.Length];
        var next = 0;
        for (var start = 0; start < labels.Length; start++)
        {
            if (mask.Pixels[start] == 0 || labels[start] != 0)
                continue;
            var open = new Stack<int>([start]);
            labels[start] = ++next;
            while (open.TryPop(out var at))
            {
                var (y, x) = Math.DivRem(at, mask.Width);
                foreach (var (nx, ny) in new[] { (x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1) })
                {
                    var neighbour = (ny * mask.Width) + nx;
                    if (nx < 0 || nx >= mask.Width || ny < 0 || ny >= mask.Height || mask.Pixels[neighbour] == 0 || labels[neighbour] != 0)
                        continue;
                    labels[neighbour] = next;
                    open.Push(neighbour);
                }
            }
        }

        return labels;
    }
}
