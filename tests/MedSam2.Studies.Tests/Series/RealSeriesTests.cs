using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Images of other people's machines, with the geometry and pixels that other people's programs found in them.</summary>
public sealed class RealSeriesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Abdominal_ct_has_the_grid_of_its_label_map()
    {
        var series = Read(SharedData.Require("ct-abdomen-dicom", "ct-explicit"));

        var affine = ReadNiftiRasAffine(SharedData.Require("ct-abdomen-dicom", "labels.nii.gz"));
        var geometry = series.Volume.Geometry;
        var ras = geometry.IjkToLps.SwapLpsRas();
        Assert.Equal((512, 512, 20), (geometry.Columns, geometry.Rows, geometry.Slices));
        // The label map's rows run the other way (its affine has +y where the series has -y in RAS).
        Assert.Equal(affine[0], (float)ras.I.X);
        Assert.Equal(affine[5], -(float)ras.J.Y);
        Assert.Equal(affine[7], (float)(ras.Origin + (ras.J * 511)).Y);
        Assert.Equal(affine[10], (float)ras.K.Z);
        Assert.Equal(affine[3], (float)ras.Origin.X);
        Assert.Equal(affine[11], (float)ras.Origin.Z);
        Assert.Equal(new IntensityWindow(-110, 190), series.Volume.Window);
        Assert.IsType<Int16Voxels>(series.Volume.Voxels);
        Assert.InRange(series.Volume[256, 256, 10], -200, 400);
    }

    [Fact]
    public void Tilted_gantry_is_refused()
    {
        var all = Assert.Throws<SeriesException>(() => Read(SharedData.Require("ct-gantry-tilt")));
        Assert.Equal(SeriesFault.Sheared, all.Fault);
        Assert.Contains("18.5 degrees", all.Message, StringComparison.Ordinal);

        var even = Directory.GetFiles(SharedData.Require("ct-gantry-tilt"), "1?.dcm").Order().Take(4).ToArray();
        Assert.Equal(SeriesFault.Sheared, Assert.Throws<SeriesException>(() => new SeriesReader().ReadFiles(even, Stop)).Fault);
    }

    [Fact]
    public void Pet_series_in_implicit_vr_is_a_volume_of_100_slices()
    {
        var series = Read(SharedData.Require("pet-headneck-seg", "pet"));

        var geometry = series.Volume.Geometry;
        Assert.Equal((128, 128, 100), (geometry.Columns, geometry.Rows, geometry.Slices));
        Assert.Equal(3.375, geometry.Spacing.Z, 6);
        Assert.Equal(3.5378182, geometry.Spacing.X, 6);
        Assert.Equal("PT", series.Volume.Modality);
        Assert.Equal(100, series.SourceHeaders.Count);
    }

    [Theory]
    [InlineData("dicom-odd", 20)]
    [InlineData("dicom-codecs", 30)]
    public void Every_odd_file_is_read_as_a_series_of_its_own_or_refused_with_a_reason(string folder, int atLeast)
    {
        var read = 0;
        foreach (var path in Directory.EnumerateFiles(SharedData.Require(folder), "*", SearchOption.AllDirectories))
        {
            try
            {
                Assert.InRange(new SeriesReader().ReadFiles([path], Stop).PartCount, 1, 1);
                read++;
            }
            catch (SeriesException refusal)
            {
                Assert.InRange(refusal.Message.Length, 20, 600);
            }
        }

        Assert.True(read >= atLeast, $"only {read} files were read");
    }

    public static TheoryData<string, string> Ladder()
    {
        var data = new TheoryData<string, string>();
        foreach (var uid in new[] { "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5" })
            data.Add($"ct-ladder/{uid}.dcm", "1bee432808f49770bbc30d904e3e744082b0ba41704d4943e7de5bcb3e3d72f9");
        foreach (var name in new[] { "explicit_little_endian", "not_fragmented_bot_rle", "not_fragmented_no_bot_rle" })
            data.Add($"encapsulated/CT0012.{name}.dcm", "b6b202c4af4494a26933ffa7834f9ab6b8a5b4b623f105751e84829abbcdd302");
        foreach (var name in new[] { "emri_small", "emri_small_RLE", "emri_small_big_endian" })
            data.Add($"multiframe-colour-seg/{name}.dcm", "9719c5d0f62ce971a1039c9cd73a6785427f4f80a1d3b6969cb9ffc425fba054");
        return data;
    }

    [Theory]
    [MemberData(nameof(Ladder))]
    public void Stored_values_equal_those_of_another_reader(string name, string sha256)
    {
        var path = SharedData.Require(["dicom-codecs", .. name.Split('/')]);
        var file = DicomFile.Open(path, FileReadOption.ReadAll);
        // The pixels are what is compared here; where the file has no place in the patient it is given one.
        var series = new SeriesReader().Read(PlaceFrames(file), Stop);

        var stored = Assert.IsType<Int16Voxels>(series.Volume.Voxels).Stored;
        var pixels = stored.Length / series.Slices.Count;
        var inFileOrder = Enumerable.Range(0, series.Slices.Count).OrderBy(k => series.Slices[k].Frame).SelectMany(k => stored.AsSpan(k * pixels, pixels).ToArray()).ToArray();
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(inFileOrder.AsSpan()))));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.4.59")]
    [InlineData("1.2.840.10008.1.2.4.99")]
    public void A_syntax_without_decoder_is_refused_by_name(string uid)
    {
        var bytes = File.ReadAllBytes(SharedData.Require("dicom-codecs", "ct-ladder", "1.2.840.10008.1.2.4.53.dcm"));
        System.Text.Encoding.ASCII.GetBytes(uid, bytes.AsSpan(bytes.AsSpan().IndexOf("1.2.840.10008.1.2.4.53"u8)));
        var file = DicomFile.Open(new MemoryStream(bytes), FileReadOption.ReadAll);

        var refusal = Assert.Throws<SeriesException>(() => new SeriesReader().Read([file], Stop));

        Assert.Equal(SeriesFault.UnsupportedTransferSyntax, refusal.Fault);
        Assert.Contains(uid, refusal.Message, StringComparison.Ordinal);
    }

    private static SeriesVolume Read(string folder) => new SeriesReader().ReadFiles(Directory.GetFiles(folder, "*.dcm"), Stop);

    private static DicomFile[] PlaceFrames(DicomFile file)
    {
        var dataset = file.Dataset.NotValidated();
        if (dataset.GetSingleValueOrDefault(DicomTag.NumberOfFrames, 1) == 1 || dataset.Contains(DicomTag.PerFrameFunctionalGroupsSequence))
            return [file];
        var frames = Enumerable.Range(0, dataset.GetSingleValue<int>(DicomTag.NumberOfFrames)).Select(n => new DicomDataset(
            new DicomSequence(DicomTag.PlanePositionSequence, new DicomDataset { { DicomTag.ImagePositionPatient, "0", "0", n.ToString() } }),
            new DicomSequence(DicomTag.PlaneOrientationSequence, new DicomDataset { { DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "1", "0" } }),
            new DicomSequence(DicomTag.PixelMeasuresSequence, new DicomDataset { { DicomTag.PixelSpacing, "1", "1" } })));
        dataset.AddOrUpdate(new DicomSequence(DicomTag.PerFrameFunctionalGroupsSequence, frames.ToArray()));
        return [file];
    }

    /// <summary>The sform of a NIfTI-1 header: three rows of four.</summary>
    private static float[] ReadNiftiRasAffine(string path)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        var header = new byte[348];
        stream.ReadExactly(header);
        return Enumerable.Range(0, 12).Select(n => BinaryPrimitives.ReadSingleLittleEndian(header.AsSpan(280 + (4 * n)))).ToArray();
    }
}
