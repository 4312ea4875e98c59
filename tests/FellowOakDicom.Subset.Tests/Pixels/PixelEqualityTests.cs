using System.Security.Cryptography;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;

namespace FellowOakDicom.Tests.Pixels;

/// <summary>Uncompressed, deflated and RLE images have exactly the pixels that the tables beside them say another toolkit found.</summary>
public class PixelEqualityTests
{
    private static readonly string[] Syntaxes = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"];

    // Bytes in big-endian words, which the other toolkit leaves in the order of the file; samples of two big-endian words, whose words fo-dicom
    // leaves in that order; and a stray delimiter, at which the other toolkit reads on. (It also repeats subsampled colours.)
    private static readonly string[] Different =
    [
        "pydicom/SC_rgb_small_odd_big_endian.dcm", "pydicom/rtdose_expb.dcm", "pydicom/rtdose_expb_1frame.dcm", "fuzz/cat06_private_tags/TC0359_stray_item_delim.dcm",
    ];

    [Theory]
    [InlineData("dicom-codecs", 24)]
    [InlineData("dicom-odd", 100)]
    public void Decoded_pixels_are_those_of_the_table(string folder, int atLeast)
    {
        var rows = File.ReadLines(SharedData.Require(folder, "index.tsv")).Skip(1).Select(line => line.Split('\t')).Where(IsComparable).ToArray();
        Assert.True(rows.Length >= atLeast, $"Only {rows.Length} images can be compared.");
        Assert.All(rows, row => Assert.Equal(row[9], Digest(SharedData.Require([folder, .. row[0].Split('/')]))));
    }

    private static bool IsComparable(string[] row) =>
        Syntaxes.Contains(row[2]) && row[9].Length == 64 && !row[5].EndsWith("_422", StringComparison.Ordinal) && !Different.Contains(row[0]);

    private static string Digest(string path)
    {
        var dataset = DicomFile.Open(path).Dataset;
        if (dataset.InternalTransferSyntax.IsEncapsulated)
            dataset = dataset.Clone(DicomTransferSyntax.ExplicitVRLittleEndian);
        var floating = dataset.FirstOrDefault(item => item.Tag == DicomTag.FloatPixelData || item.Tag == DicomTag.DoubleFloatPixelData) as DicomElement;
        return Convert.ToHexStringLower(SHA256.HashData(floating?.Buffer.Data ?? Pixels(dataset)));
    }

    private static byte[] Pixels(DicomDataset dataset)
    {
        var pixels = DicomPixelData.Create(dataset);
        var samples = pixels.Width * pixels.Height * pixels.NumberOfFrames;
        if (pixels.BitsAllocated == 1)
        {
            // Frames of single bits follow one another without a gap.
            var bits = dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Data;
            return [.. Enumerable.Range(0, samples).Select(i => (byte)((bits[i / 8] >> (i % 8)) & 1))];
        }

        var frames = Enumerable.Range(0, pixels.NumberOfFrames).Select(frame => pixels.GetFrame(frame).Data);
        return [.. frames.SelectMany(frame => pixels.PlanarConfiguration == PlanarConfiguration.Planar ? Interleave(frame, pixels) : frame)];
    }

    private static byte[] Interleave(byte[] frame, DicomPixelData pixels)
    {
        var (plane, size, samples) = (pixels.Width * pixels.Height, pixels.BytesAllocated, pixels.SamplesPerPixel);
        var interleaved = new byte[plane * size * samples];
        for (var i = 0; i < interleaved.Length; i++)
        {
            var (pixel, sample, part) = (i / (size * samples), i / size % samples, i % size);
            interleaved[i] = frame[(((sample * plane) + pixel) * size) + part];
        }

        return interleaved;
    }
}
