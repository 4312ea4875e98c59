using MedSam2.Imaging.Geometry;
using Xunit;

namespace MedSam2.Imaging.Tests;

public class AffineTests
{
    [Fact]
    public void Inverse_of_an_oblique_affine_leads_back_to_the_voxel()
    {
        var affine = new Affine(new(0.7, 0.1, 0), new(-0.1, 0.6, 0.2), new(0.05, -0.3, 2.5), new(-120, 80, 33));
        var index = new Vector3D(13.25, 200, 7);

        var back = affine.Inverse().Transform(affine.Transform(index));

        Assert.Equal(0, (back - index).Length, 1e-9);
    }
}
