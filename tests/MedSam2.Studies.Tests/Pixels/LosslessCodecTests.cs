using System.Security.Cryptography;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Lossless codes decode to the very pixels that another reader found.</summary>
public sealed class LosslessCodecTests
{
    [Theory]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.57.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.70.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.80.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.90.dcm")]
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm")]
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_lossless.70.dcm")]
    [InlineData("encapsulated/CT0012.not_fragmented_bot_jpeg_ls.80.dcm")]
    [InlineData("encapsulated/CT0012.not_fragmented_no_bot_jpeg_ls.80.dcm")]
    [InlineData("encapsulated/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm")]
    [InlineData("encapsulated/CT1_UNC.fragmented_no_bot_jpeg_ls.80.dcm")]
    [InlineData("encapsulated/CT1_UNC.not_fragmented_bot_jpeg_ls.80.dcm")]
    [InlineData("encapsulated/CT1_UNC.not_fragmented_no_bot_jpeg_ls.80.dcm")]
    [InlineData("multiframe-colour-seg/JLSL_08_07_0_1F.dcm")]
    [InlineData("multiframe-colour-seg/JLSL_16_15_1_1F.dcm")]
    [InlineData("multiframe-colour-seg/JPGLosslessP14SV1_1s_1f_8b.dcm")]
    [InlineData("multiframe-colour-seg/bad_sequence.dcm")]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_2k_lossless.dcm")]
    [InlineData("multiframe-colour-seg/emri_small_jpeg_ls_lossless.dcm")]
    [InlineData("multiframe-colour-seg/explicit_VR-UN.dcm")]
    // The other reader is wrong about this one: the truth is the uncompressed copy.
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_ls.80.dcm", "encapsulated/CT0012.explicit_little_endian.dcm")]
    public void Pixels_are_those_of_the_index(string name, string? truth = null)
    {
        var pixels = CodecFiles.Decode(CodecFiles.Open(name).Dataset);

        Assert.Equal(CodecFiles.Sha256(truth ?? name), Convert.ToHexStringLower(SHA256.HashData(pixels)));
    }

    [Fact]
    public void Jpeg_2000_series_is_the_volume_of_its_uncompressed_copy()
    {
        static SeriesVolume Read(string folder) => new SeriesReader().ReadFiles(
            Directory.GetFiles(SharedData.Require("ct-abdomen-dicom", folder), "*.dcm"), TestContext.Current.CancellationToken);

        var (compressed, plain) = (Read("ct").Volume, Read("ct-explicit").Volume);

        Assert.Equal(plain.Geometry, compressed.Geometry);
        Assert.Equal(plain.Window, compressed.Window);
        var (expected, actual) = (Assert.IsType<Int16Voxels>(plain.Voxels), Assert.IsType<Int16Voxels>(compressed.Voxels));
        Assert.Equal((expected.Slope, expected.Intercept), (actual.Slope, actual.Intercept));
        Assert.True(expected.Stored.AsSpan().SequenceEqual(actual.Stored));
    }

    [Theory]
    [InlineData("liver_j2k.dcm", "liver_expb.dcm")]
    [InlineData("liver_nonbyte_aligned_j2k.dcm", "liver_nonbyte_aligned.dcm")]
    public void Segmentation_of_single_bits_in_jpeg_2000_has_the_masks_of_its_uncompressed_copy(string coded, string native)
    {
        static SegmentationReader Open(string name) => SegmentationFrames.Open(CodecFiles.Open($"multiframe-colour-seg/{name}").Dataset);

        var (expected, actual) = (Open(native), Open(coded));

        Assert.Equal(expected.Frames.Count, actual.Frames.Count);
        var (mask, wanted) = (new byte[expected.Rows * expected.Columns], new byte[expected.Rows * expected.Columns]);
        foreach (var frame in actual.Frames)
        {
            var number = frame.SegmentNumber ?? 1;
            actual.ReadMask(frame, number, mask);
            expected.ReadMask(expected.Frames[frame.Index], number, wanted);
            Assert.Equal(wanted, mask);
            Assert.Contains((byte)1, mask);
        }
    }

    [Theory]
    [InlineData("multiframe-colour-seg/liver_nonbyte_aligned_j2k.dcm", "multiframe-colour-seg/liver_nonbyte_aligned.dcm")]
    [InlineData("encapsulated/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm", "encapsulated/CT0012.explicit_little_endian.dcm")]
    public void Transcoded_instance_has_the_pixel_data_of_its_uncompressed_copy(string coded, string native)
    {
        var file = CodecFiles.Open(coded);
        using var saved = new MemoryStream();
        PixelTranscoder.ToExplicitLittleEndian(file, TestContext.Current.CancellationToken).Save(saved);
        saved.Position = 0;
        var plain = DicomFile.Open(saved, FileReadOption.ReadAll);

        var expected = CodecFiles.Open(native).Dataset;
        var bits = (long)expected.GetSingleValue<int>(DicomTag.NumberOfFrames) * expected.GetSingleValue<ushort>(DicomTag.Rows)
            * expected.GetSingleValue<ushort>(DicomTag.Columns) * expected.GetSingleValue<ushort>(DicomTag.BitsAllocated);
        var length = (int)((bits + 7) / 8);
        Assert.Equal(DicomTransferSyntax.ExplicitVRLittleEndian, plain.FileMetaInfo.TransferSyntax);
        Assert.Equal(file.Dataset.GetSingleValue<string>(DicomTag.SOPInstanceUID), plain.Dataset.GetSingleValue<string>(DicomTag.SOPInstanceUID));
        Assert.Equal(expected.GetSingleValue<int>(DicomTag.NumberOfFrames), plain.Dataset.GetSingleValue<int>(DicomTag.NumberOfFrames));
        Assert.Equal(CodecFiles.StoredBytes(expected)[..length], CodecFiles.StoredBytes(plain.Dataset)[..length]);
    }
}
