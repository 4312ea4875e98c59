using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

public sealed class SeriesReaderTests
{
    private static readonly SeriesReader Reader = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Unsorted_slices_become_a_volume_ascending_along_the_normal()
    {
        var files = SyntheticSeries.Stack(5);
        (files[0], files[3], files[4]) = (files[4], files[0], files[3]);

        var series = Reader.Read(files, Stop);

        var volume = series.Volume;
        Assert.Equal((6, 4, 5), (volume.Geometry.Columns, volume.Geometry.Rows, volume.Geometry.Slices));
        Assert.Equal(new Affine(new(0.7, 0, 0), new(0, 0.8, 0), new(0, 0, 2.5), new(-10, 20, 0)), volume.Geometry.IjkToLps);
        Assert.Equal("CT", volume.Modality);
        for (var k = 0; k < 5; k++)
        {
            Assert.Equal((100 * k) + 23 - 1024, volume[3, 2, k]);
            Assert.Equal((k + 1).ToString(), series.Slices[k].Header.GetString(DicomTag.InstanceNumber));
        }
    }

    [Fact]
    public void Headers_keep_everything_but_the_pixels()
    {
        var files = SyntheticSeries.Stack(2);

        var series = Reader.Read(files, Stop);

        Assert.Equal(2, series.SourceHeaders.Count);
        Assert.All(series.SourceHeaders, header => Assert.False(header.Contains(DicomTag.PixelData)));
        Assert.Equal(files[0].Dataset.Count() - 1, series.SourceHeaders[0].Count());
        Assert.Equal(files[0].Dataset.GetString(DicomTag.SeriesInstanceUID), series.SeriesInstanceUid);
        Assert.True(files[0].Dataset.Contains(DicomTag.PixelData), "the caller's dataset was changed");
    }

    [Fact]
    public void Slices_in_the_opposite_order_along_a_flipped_normal_are_sorted_by_that_normal()
    {
        var files = SyntheticSeries.Stack(3, change: (_, d) => d.AddOrUpdate(DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "-1", "0"));

        var volume = Reader.Read(files, Stop).Volume;

        Assert.Equal(new Vector3D(0, 0, -2.5), volume.Geometry.IjkToLps.K);
        Assert.Equal(new Vector3D(-10, 20, 5), volume.Geometry.IjkToLps.Origin);
        Assert.Equal(200 - 1024, volume[0, 0, 0]);
    }

    [Fact]
    public void Oblique_slices_keep_their_orientation()
    {
        // Turned by 30 degrees around x: rows along x, columns along (0, cos, sin), normal (0, -sin, cos).
        var (sin, cos) = Math.SinCos(Math.PI / 6);
        var files = SyntheticSeries.Stack(4, change: (k, d) =>
        {
            d.AddOrUpdate(DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "0.866025404", "0.5");
            SyntheticSeries.MoveTo(d, 1, 2 - (sin * 3 * k), 3 + (cos * 3 * k));
        });

        var affine = Reader.Read(files, Stop).Volume.Geometry.IjkToLps;

        Assert.InRange((affine.K - new Vector3D(0, -3 * sin, 3 * cos)).Length, 0, 1e-9);
        Assert.InRange((affine.J - new Vector3D(0, 0.8 * cos, 0.8 * sin)).Length, 0, 1e-8);
    }

    [Fact]
    public void One_slice_is_a_volume_as_thick_as_it_says()
    {
        var files = SyntheticSeries.Stack(1, change: (_, d) => d.Add(DicomTag.SliceThickness, "5"));

        var geometry = Reader.Read(files, Stop).Volume.Geometry;

        Assert.Equal(1, geometry.Slices);
        Assert.Equal(new Vector3D(0, 0, 5), geometry.IjkToLps.K);
    }

    [Fact]
    public void Positions_rounded_to_tenths_are_one_grid()
    {
        var files = SyntheticSeries.Stack(100, change: (k, d) => SyntheticSeries.MoveTo(d, 0, 0, Math.Round(k * 0.625, 1)));

        Assert.Equal(0.625, Reader.Read(files, Stop).Volume.Geometry.Spacing.Z, 0.001);
    }

    [Fact]
    public void Window_comes_from_the_middle_slice()
    {
        var files = SyntheticSeries.Stack(3, change: (k, d) =>
        {
            d.Add(DicomTag.WindowCenter, (10 * k).ToString(), "1");
            d.Add(DicomTag.WindowWidth, "100", "2");
        });

        Assert.Equal(new IntensityWindow(-40, 60), Reader.Read(files, Stop).Volume.Window);
    }

    [Fact]
    public void Twelve_signed_bits_lose_what_lies_above_them()
    {
        var files = SyntheticSeries.Stack(1, change: (_, d) =>
        {
            d.AddOrUpdate(DicomTag.BitsStored, (ushort)12);
            d.AddOrUpdate(DicomTag.HighBit, (ushort)11);
            d.AddOrUpdate(DicomTag.RescaleIntercept, "0");
            var words = new ushort[SyntheticSeries.Rows * SyntheticSeries.Columns];
            (words[0], words[1], words[2]) = (0x0FFF, 0xA7FF, 0xF800);
            SyntheticSeries.SetPixels(d, words);
        });

        var volume = Reader.Read(files, Stop).Volume;

        Assert.Equal([-1, 2047, -2048], new[] { volume[0, 0, 0], volume[1, 0, 0], volume[2, 0, 0] });
    }

    [Fact]
    public void Sixteen_unsigned_bits_fit_in_integers()
    {
        var files = SyntheticSeries.Stack(2, change: (k, d) =>
        {
            d.AddOrUpdate(DicomTag.PixelRepresentation, (ushort)0);
            d.AddOrUpdate(DicomTag.RescaleIntercept, "0");
            var words = new ushort[SyntheticSeries.Rows * SyntheticSeries.Columns];
            (words[0], words[1]) = (7, k == 0 ? (ushort)8 : ushort.MaxValue);
            SyntheticSeries.SetPixels(d, words);
        });

        var volume = Reader.Read(files, Stop).Volume;

        Assert.IsType<Int16Voxels>(volume.Voxels);
        Assert.Equal([7, 8, 65535], new[] { volume[0, 0, 0], volume[1, 0, 0], volume[1, 0, 1] });
    }

    [Fact]
    public void Slices_with_rescales_of_their_own_become_real_values()
    {
        var files = SyntheticSeries.Stack(3, change: (k, d) =>
        {
            d.AddOrUpdate(DicomTag.RescaleSlope, (0.5 + k).ToString(System.Globalization.CultureInfo.InvariantCulture));
            d.AddOrUpdate(DicomTag.RescaleIntercept, "0");
        });

        var volume = Reader.Read(files, Stop).Volume;

        Assert.IsType<Float32Voxels>(volume.Voxels);
        Assert.Equal([0, 150, 500], new[] { volume[0, 0, 0], volume[0, 0, 1], volume[0, 0, 2] });
    }

    [Fact]
    public void The_same_files_give_the_same_volume_twice()
    {
        var files = SyntheticSeries.Stack(20);

        var first = (Int16Voxels)Reader.Read(files, Stop).Volume.Voxels;
        var second = (Int16Voxels)Reader.Read(files.Reverse().ToArray(), Stop).Volume.Voxels;

        Assert.Equal(first.Stored, second.Stored);
    }
}
