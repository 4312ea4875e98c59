using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Tables in place of a rescale or a window.</summary>
public sealed class LookupTableTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void A_modality_table_gives_the_values_and_its_ends_all_beyond()
    {
        // Stored values 0 to 23 of the first slice; the table begins at 10 and has 5 entries.
        var volume = new SeriesReader().Read(Stack([5, 10, 16], [7, 700, 70, 7000, 65535]), Stop).Volume;

        Assert.IsType<Float32Voxels>(volume.Voxels);
        Assert.Equal([7, 7, 700, 70, 7000, 65535, 65535], new[] { volume[0, 0, 0], volume[0, 1, 0], volume[1, 1, 0], volume[2, 1, 0], volume[3, 1, 0], volume[4, 1, 0], volume[5, 3, 0] });
    }

    [Fact]
    public void A_table_over_signed_values_may_begin_below_zero()
    {
        var files = Stack([4, unchecked((ushort)-2), 16], [1, 2, 3, 4]);
        SyntheticSeries.SetPixels(files[0].Dataset, [unchecked((ushort)-3), unchecked((ushort)-2), unchecked((ushort)-1), 0, 1, 2, .. new ushort[18]]);

        var volume = new SeriesReader().Read(files[..1], Stop).Volume;

        Assert.Equal([1, 1, 2, 3, 4, 4], Enumerable.Range(0, 6).Select(i => (int)volume[i, 0, 0]));
    }

    [Fact]
    public void Entries_of_eight_bits_may_be_packed()
    {
        var volume = new SeriesReader().Read(Stack([4, 0, 8], [0x0201, 0x0403]), Stop).Volume;

        Assert.Equal([1, 2, 3, 4, 4], Enumerable.Range(0, 5).Select(i => (int)volume[i, 0, 0]));
    }

    [Fact]
    public void A_real_image_is_read_and_drawn_through_its_table()
    {
        var file = DicomFile.Open(SharedData.Require("dicom-codecs", "multiframe-colour-seg", "mlut_18.dcm"), FileReadOption.ReadAll);
        var table = file.Dataset.GetSequence(DicomTag.ModalityLUTSequence).Items[0];
        var entries = table.GetValues<ushort>(DicomTag.LUTData);
        var first = table.GetValues<short>(DicomTag.LUTDescriptor)[1];
        var stored = file.Dataset.GetValues<ushort>(DicomTag.PixelData);

        var volume = new SeriesReader().Read([file], Stop).Volume;

        var columns = volume.Geometry.Columns;
        for (var n = 0; n < stored.Length; n += 97)
        {
            // Twelve bits with a sign.
            var value = (short)(stored[n] << 4) >> 4;
            Assert.Equal(entries[Math.Clamp(value - first, 0, entries.Length - 1)], volume[n % columns, n / columns, 0]);
        }


        Assert.Equal(columns * volume.Geometry.Rows, FrameRenderer.Render(file, 0).Pixels.Length);
    }

    [Fact]
    public void A_table_of_greys_serves_as_the_window_that_it_spans()
    {
        var volume = new SeriesReader().Read(SyntheticSeries.Stack(1, change: (_, d) => d.Add(new DicomSequence(DicomTag.VOILUTSequence,
            new DicomDataset { { DicomTag.LUTDescriptor, (ushort)200, unchecked((ushort)-1000), (ushort)8 } }))), Stop).Volume;

        Assert.Equal(new IntensityWindow(-1000, -800), volume.Window);
    }

    private static DicomFile[] Stack(ushort[] descriptor, ushort[] entries) => SyntheticSeries.Stack(2, change: (_, d) => d.Add(new DicomSequence(
        DicomTag.ModalityLUTSequence, new DicomDataset { { DicomTag.LUTDescriptor, descriptor }, { DicomTag.LUTData, entries } })));
}
