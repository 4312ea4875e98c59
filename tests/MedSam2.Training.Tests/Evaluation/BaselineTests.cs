using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Training.Evaluation.Baselines;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public class BaselineTests
{
    [Fact]
    public void Filled_box_and_ellipse_have_the_areas_of_their_formulas()
    {
        var box = new PromptBox(10, 20, 49, 39);

        Assert.Equal(40 * 20, BoxBaselines.Filled(64, 64, box).Count());
        Assert.Equal(Math.PI / 4 * 40 * 20, BoxBaselines.Ellipse(64, 64, box).Count(), tolerance: 12);
    }

    [Theory]
    [InlineData(200f, 50f)]
    [InlineData(50f, 200f)]
    public void Otsu_finds_a_disc_whether_it_is_bright_or_dark(float inside, float outside)
    {
        var slice = new float[64 * 64];
        var disc = BoxBaselines.Ellipse(64, 64, new(20, 20, 43, 43));
        for (var n = 0; n < slice.Length; n++)
            slice[n] = (disc.Pixels[n] != 0 ? inside : outside) + (n % 7);

        var mask = BoxBaselines.Otsu(slice, 64, new(20, 20, 43, 43));

        Assert.Equal(disc.Pixels, mask.Pixels);
    }

    [Theory]
    [InlineData(200, 100)]
    [InlineData(100, 200)]
    public void Otsu_finds_a_ring_though_its_middle_is_as_its_surroundings(float inside, float outside)
    {
        var slice = new float[64 * 64];
        var (disc, hole) = (BoxBaselines.Ellipse(64, 64, new(20, 20, 43, 43)), BoxBaselines.Ellipse(64, 64, new(25, 25, 38, 38)));
        var ring = disc.Pixels.Zip(hole.Pixels, (d, h) => (byte)(d - h)).ToArray();
        for (var n = 0; n < slice.Length; n++)
            slice[n] = (ring[n] != 0 ? inside : outside) + (n % 7);

        Assert.Equal(ring, BoxBaselines.Otsu(slice, 64, new(20, 20, 43, 43)).Pixels);
    }

    [Fact]
    public void Region_growing_follows_a_leaning_tube_and_leaves_a_bright_neighbour_alone()
    {
        var geometry = new VolumeGeometry(48, 32, 9, Affine.Identity);
        var values = new float[geometry.VoxelCount];
        var truth = new LabelMap(geometry);
        for (var k = 0; k < 9; k++)
        {
            for (var j = 10; j < 20; j++)
            {
                for (var i = 6; i < 16; i++)
                {
                    values[geometry.Offset(i + k, j, k)] = 100 + (i % 3);
                    truth[i + k, j, k] = 1;
                }

                for (var i = 30; i < 40; i++)
                    values[geometry.Offset(i, j, k)] = 240;
            }
        }

        var masks = RegionGrowing.Grow(new Volume(geometry, new Float32Voxels(values)), SliceAxis.K, 4, truth.ReadSlice(SliceAxis.K, 4, 1));

        for (var k = 0; k < 9; k++)
            Assert.Equal(truth.ReadSlice(SliceAxis.K, k, 1).Pixels, masks[k].Pixels);
    }

    [Fact]
    public void Region_growing_from_an_empty_mask_stays_empty()
    {
        var geometry = new VolumeGeometry(8, 8, 3, Affine.Identity);

        var masks = RegionGrowing.Grow(new Volume(geometry, new Float32Voxels(new float[192])), SliceAxis.K, 1, new Mask(8, 8));

        Assert.All(masks, m => Assert.Equal(0, m.Count()));
    }
}
