using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>Small files to upload.</summary>
internal static class TestVolumes
{
    /// <summary>A volume as NIfTI that also passes for a label; another number makes other bytes.</summary>
    public static byte[] Nifti(int number = 0)
    {
        var geometry = new VolumeGeometry(12, 8, 4, new Affine(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), new(number, 0, 0)));
        using var file = new MemoryStream();
        NiftiFile.Write(file, new Volume(geometry, new Int16Voxels([.. Enumerable.Range(0, 12 * 8 * 4).Select(n => (short)(n % 200))])), compress: true);
        return file.ToArray();
    }

    /// <summary><see cref="TestSeries"/> as a file.</summary>
    public static byte[] Series()
    {
        using var file = new MemoryStream();
        NiftiFile.Write(file, TestSeries.Volume, compress: true);
        return file.ToArray();
    }

    /// <summary><see cref="TestSeries"/> as a file, moved along its rows by so many columns.</summary>
    public static byte[] Shifted(int columns, bool compress = true)
    {
        var grid = TestSeries.Volume.Geometry;
        var stored = new short[grid.VoxelCount];
        for (var k = 0; k < grid.Slices; k++)
        {
            for (var j = 0; j < grid.Rows; j++)
            {
                for (var i = 0; i < grid.Columns; i++)
                    stored[grid.Offset(i, j, k)] = (short)TestSeries.Volume[(i + columns) % grid.Columns, j, k];
            }
        }

        using var file = new MemoryStream();
        NiftiFile.Write(file, new Volume(grid, new Int16Voxels(stored)), compress);
        return file.ToArray();
    }

    /// <summary>A plain NIfTI file of zeros, as large as wanted without taking the disk's space; the stream ends at its first byte.</summary>
    public static void WriteSparse(FileStream file, int columns, int slices)
    {
        NiftiFile.Write(file, new Volume(new VolumeGeometry(1, 1, 1, Affine.Identity), new Int16Voxels([0])), compress: false);
        var sizes = new byte[6];
        foreach (var (size, n) in new[] { columns, columns, slices }.Select((size, n) => (size, n)))
            System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(sizes.AsSpan(2 * n), (short)size);
        file.Position = 42;
        file.Write(sizes);
        file.SetLength(352 + ((long)columns * columns * slices * 2));
        file.Position = 0;
    }

    /// <summary>The block of <see cref="TestSeries"/> as a label of this value, on the grid of the series.</summary>
    public static LabelMap BlockLabel(byte value = 1)
    {
        var labels = new LabelMap(TestSeries.Volume.Geometry);
        for (var k = 0; k < TestSeries.Slices; k++)
        {
            for (var j = 0; j < TestSeries.Rows; j++)
            {
                for (var i = 0; i < TestSeries.Columns; i++)
                {
                    if (TestSeries.InBlock(i, j, k))
                        labels[i, j, k] = value;
                }
            }
        }

        return labels;
    }

    public static byte[] Nrrd(LabelMap labels)
    {
        using var file = new MemoryStream();
        NrrdFile.Write(file, labels);
        return file.ToArray();
    }

    public static byte[] Nifti(LabelMap labels)
    {
        using var file = new MemoryStream();
        NiftiFile.Write(file, labels, compress: true);
        return file.ToArray();
    }
}
