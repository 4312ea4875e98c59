using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Images without a place in the patient (X-ray, ultrasound, photographs): pictures, or frames through time.</summary>
public sealed class PictureTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void An_x_ray_is_one_picture_with_the_detectors_pixels()
    {
        var series = new SeriesReader().Read(XRays(1, (_, d) => d.Add(DicomTag.ImagerPixelSpacing, "0.2", "0.1")), Stop);

        Assert.Equal((SeriesKind.Picture, 1), (series.Kind, series.PartCount));
        Assert.Equal(new Affine(new(0.1, 0, 0), new(0, 0.2, 0), new(0, 0, 1), new(0, 0, 0)), series.Volume.Geometry.IjkToLps);
        Assert.Equal(23 - 1024, series.Volume[3, 2, 0]);
    }

    [Fact]
    public void Views_of_one_series_are_pictures_of_their_own_in_the_order_of_their_numbers()
    {
        // The second view is another size, as views often are, and the tenth comes after the ninth.
        var files = XRays(2, (k, d) =>
        {
            d.AddOrUpdate(DicomTag.InstanceNumber, k == 0 ? "10" : "9");
            if (k == 1)
                d.AddOrUpdate(DicomTag.Rows, (ushort)(SyntheticSeries.Rows - 1));
        });

        var first = new SeriesReader().Read(files, 1, Stop);
        var second = new SeriesReader().Read(files, 2, Stop);

        Assert.Equal((3, 4), (first.Volume.Geometry.Rows, second.Volume.Geometry.Rows));
        Assert.Equal((2, "10"), (second.PartCount, second.Slices[0].Header.GetString(DicomTag.InstanceNumber)));
    }

    [Fact]
    public void Where_low_is_white_a_picture_is_turned_over_and_a_volume_keeps_its_units()
    {
        static void Low(DicomDataset d) => d.AddOrUpdate(DicomTag.PhotometricInterpretation, "MONOCHROME1").Add(DicomTag.WindowCenter, "-900").Add(DicomTag.WindowWidth, "200");
        var picture = new SeriesReader().Read(XRays(1, (_, d) => Low(d)), Stop).Volume;
        var volume = new SeriesReader().Read(SyntheticSeries.Stack(2, change: (_, d) => Low(d)), Stop).Volume;

        Assert.Equal(1024 - 23, picture[3, 2, 0]);
        Assert.Equal(new IntensityWindow(800, 1000), picture.Window);
        Assert.Equal(23 - 1024, volume[3, 2, 0]);
        Assert.Equal(new IntensityWindow(-1000, -800), volume.Window);
    }

    [Fact]
    public void A_stack_with_a_scout_in_it_is_refused()
    {
        var files = SyntheticSeries.Stack(4, change: (k, d) =>
        {
            if (k == 3)
                d.Remove(DicomTag.ImagePositionPatient);
        });

        var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read(files, Stop));

        Assert.Equal(SeriesFault.NoPosition, refusal.Fault);
        Assert.StartsWith("1 of 4 slices", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dicom-codecs/colour/US-YBR_FULL_422-EVRLE.dcm", SeriesKind.Picture)]
    [InlineData("dicom-codecs/encapsulated/IM00001.implicit_little_endian.dcm", SeriesKind.TimeSeries)]
    [InlineData("dicom-codecs/encapsulated/IM00001.fragmented_no_bot_jpeg_baseline.50.dcm", SeriesKind.TimeSeries)]
    [InlineData("dicom-codecs/multiframe-colour-seg/US1_J2KI.dcm", SeriesKind.Picture)]
    [InlineData("dicom-codecs/multiframe-colour-seg/color-pl.dcm", SeriesKind.Picture)]
    [InlineData("dicom-codecs/multiframe-colour-seg/color-px.dcm", SeriesKind.Picture)]
    [InlineData("dicom-codecs/multiframe-colour-seg/OT-PAL-8-face.dcm", SeriesKind.Picture)]
    [InlineData("dicom-codecs/multiframe-colour-seg/OBXXXX1A_rle_2frame.dcm", SeriesKind.TimeSeries)]
    [InlineData("dicom-codecs/multiframe-colour-seg/HTJ2KLossless_08_RGB.dcm", SeriesKind.Picture)]
    public void Colours_of_every_kind_are_read_as_their_brightness(string name, SeriesKind kind)
    {
        var file = DicomFile.Open(SharedData.Require(name.Split('/')), FileReadOption.ReadAll);

        var series = new SeriesReader().Read([file], Stop);

        Assert.Equal(kind, series.Kind);
        Assert.Equal(new IntensityWindow(0, 255), series.Volume.Window);
        var (width, frames) = (series.Volume.Geometry.Columns, series.Volume.Geometry.Slices);
        var drawn = FrameRenderer.Render(file, frames - 1);
        for (var y = 0; y < drawn.Height; y += 7)
        {
            for (var x = 0; x < width; x += 5)
            {
                var colour = drawn.Pixels.AsSpan(4 * ((y * width) + x), 3);
                Assert.Equal((0.299 * colour[0]) + (0.587 * colour[1]) + (0.114 * colour[2]), series.Volume[x, y, frames - 1], 0.51);
            }
        }
    }

    private static DicomFile[] XRays(int count, Action<int, DicomDataset> change) => SyntheticSeries.Stack(count, change: (k, d) =>
    {
        foreach (var tag in new[] { DicomTag.ImagePositionPatient, DicomTag.ImageOrientationPatient, DicomTag.PixelSpacing })
            d.Remove(tag);
        d.AddOrUpdate(DicomTag.Modality, "DX");
        change(k, d);
    });
}
