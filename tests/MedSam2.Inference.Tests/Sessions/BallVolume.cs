using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>Two bright balls in grey noise.</summary>
internal static class BallVolume
{
    public const int Side = 64;
    public const int Slices = 12;

    /// <summary>The slice through both balls' middles.</summary>
    public const int Middle = 6;

    public static readonly PromptBox FirstBall = new(12, 14, 32, 34);

    public static readonly PromptBox SecondBall = new(38, 36, 54, 52);

    public static Volume Create()
    {
        var geometry = new VolumeGeometry(
            Side, Side, Slices, new Affine(new(1, 0, 0), new(0, 1, 0), new(0, 0, 3), Vector3D.Zero));
        var voxels = new short[geometry.VoxelCount];
        var random = new Random(2);
        for (var k = 0; k < Slices; k++)
        {
            for (var j = 0; j < Side; j++)
            {
                for (var i = 0; i < Side; i++)
                {
                    var dz = (k - Middle) * 2;
                    var inside = Inside(i - 22, j - 24, dz, 10) || Inside(i - 46, j - 44, dz, 8);
                    voxels[geometry.Offset(i, j, k)] = (short)((inside ? 140 : 40) + random.Next(20));
                }
            }
        }

        return new Volume(geometry, new Int16Voxels(voxels), "CT", new IntensityWindow(0, 255));
    }

    /// <summary>One ball of radius 7 in a block of 24 x 22 x 10 voxels, small enough for many passes.</summary>
    public static Volume CreateSmall()
    {
        var geometry = new VolumeGeometry(24, 22, 10, new Affine(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), Vector3D.Zero));
        var voxels = new short[geometry.VoxelCount];
        var random = new Random(3);
        for (var k = 0; k < 10; k++)
        {
            for (var j = 0; j < 22; j++)
            {
                for (var i = 0; i < 24; i++)
                    voxels[geometry.Offset(i, j, k)] = (short)((Inside(i - 12, j - 11, (k - 5) * 2, 7) ? 140 : 40) + random.Next(20));
            }
        }

        return new Volume(geometry, new Int16Voxels(voxels), "CT", new IntensityWindow(0, 255));
    }

    public static SlicePrompt Box(PromptBox box, int slice = Middle) => new(SliceAxis.K, slice, [], box);

    private static bool Inside(int x, int y, int z, int radius) => (x * x) + (y * y) + (z * z) <= radius * radius;
}
