using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests.Formats;

internal static class VolumeAssert
{
    public static void Same(VolumeGeometry expected, VolumeGeometry actual, double tolerance = 1e-4)
    {
        Assert.Equal((expected.Columns, expected.Rows, expected.Slices), (actual.Columns, actual.Rows, actual.Slices));
        var (a, b) = (expected.IjkToLps, actual.IjkToLps);
        foreach (var difference in new[] { a.I - b.I, a.J - b.J, a.K - b.K, a.Origin - b.Origin })
            Assert.InRange(difference.Length, 0, tolerance);
    }

    public static void Same(Voxels expected, Voxels actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var n = 0L; n < expected.Count; n++)
        {
            if (expected[n] != actual[n])
                Assert.Fail($"Voxel {n} is {actual[n]:R}, expected {expected[n]:R}.");
        }
    }

    /// <summary>Equal within single precision; what is not finite in the file must have become the smallest finite value.</summary>
    public static void Same(double[] expected, Voxels actual, string name)
    {
        Assert.Equal(expected.Length, actual.Count);
        var smallest = expected.Where(double.IsFinite).Min();
        for (var n = 0; n < expected.Length; n++)
        {
            var value = double.IsFinite(expected[n]) ? expected[n] : smallest;
            if (!(Math.Abs(value - actual[n]) <= 2e-7 * Math.Max(1, Math.Abs(value))))
                Assert.Fail($"{name}: voxel {n} is {actual[n]:R}, expected {value:R}.");
        }
    }
}
