using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Writing;

namespace MedSam2.Server.Tests;

/// <summary>
/// A made-up CT whose sides all differ, with one bright block far from its centre: whatever swaps or flips an axis on the
/// way puts the block somewhere else.
/// </summary>
internal static class TestSeries
{
    public const int Columns = 96, Rows = 64, Slices = 10;

    /// <summary>The block, both ends inside.</summary>
    public static readonly (int I0, int I1, int J0, int J1, int K0, int K1) Block = (60, 83, 10, 25, 2, 7);

    public const int MiddleSlice = 4;

    public static readonly CtSeriesDescription Description = new("server tests", "BLOCK^TEST", "BLOCK") { StudyDescription = "Block", SeriesDescription = "Block", IsPhantom = true };

    public static string Uid => Description.SeriesInstanceUid;

    public static Volume Volume { get; } = Create();

    /// <summary>The block as <c>roi</c>, on one slice or over several.</summary>
    public static int[] Roi(int firstSlice, int lastSlice) => [Block.I0, Block.I1, Block.J0, Block.J1, firstSlice, lastSlice];

    public static bool InBlock(int i, int j, int k, int margin = 0) =>
        i >= Block.I0 - margin && i <= Block.I1 + margin
        && j >= Block.J0 - margin && j <= Block.J1 + margin
        && k >= Block.K0 - margin && k <= Block.K1 + margin;

    public static void WriteTo(string folder)
    {
        var number = 0;
        foreach (var file in CtSeriesWriter.Write(Volume, Description))
            file.Save(Path.Combine(folder, $"{++number}.dcm"));
    }

    private static Volume Create()
    {
        var geometry = new VolumeGeometry(Columns, Rows, Slices, new Affine(new(0.8, 0, 0), new(0, 0.9, 0), new(0, 0, 3), new(-30, -20, -100)));
        var stored = new short[geometry.VoxelCount];
        var random = new Random(1);
        for (var k = 0; k < Slices; k++)
        {
            for (var j = 0; j < Rows; j++)
            {
                for (var i = 0; i < Columns; i++)
                    stored[geometry.Offset(i, j, k)] = (short)((InBlock(i, j, k) ? 160 : -60) + random.Next(-8, 9));
            }
        }

        return new Volume(geometry, new Int16Voxels(stored), "CT", new IntensityWindow(-160, 240));
    }
}
