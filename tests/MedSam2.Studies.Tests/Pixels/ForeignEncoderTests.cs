using FellowOakDicom;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Codes that DCMTK's encoders make, in every variant they have, decode to the pixels they were made from.</summary>
public sealed class ForeignEncoderTests
{
    private const string Grey = "ct-ladder/1.2.840.10008.1.2.1.dcm";
    private const string Colour = "multiframe-colour-seg/color-px.dcm";

    [Theory]
    [InlineData(Grey, 1)]
    [InlineData(Grey, 2)]
    [InlineData(Grey, 3)]
    [InlineData(Grey, 4)]
    [InlineData(Grey, 5)]
    [InlineData(Grey, 6)]
    [InlineData(Grey, 7)]
    [InlineData(Colour, 1)]
    [InlineData(Colour, 6)]
    [InlineData(Colour, 7)]
    public void Lossless_jpeg_of_every_predictor_is_exact(string name, int predictor) =>
        CheckEqual(name, "dcmcjpeg", "+el", "+sv", $"{predictor}");

    [Fact]
    public void Point_transform_leaves_the_upper_bits()
    {
        var (plain, decoded) = Encode(Grey, "dcmcjpeg", "+el", "+sv", "4", "+pt", "3");

        // The encoder may move signed values; what counts is that no pixel is off by more than the bits left out.
        Assert.InRange(CodecFiles.Words(plain).Zip(CodecFiles.Words(decoded), (a, b) => Math.Abs(a - b)).Max(), 1, 7);
    }

    [Theory]
    [InlineData(Grey, "+in")]
    [InlineData(Colour, "+in")]
    [InlineData(Colour, "+il")]
    [InlineData(Colour, "+is")]
    public void Jpeg_ls_of_every_interleave_is_exact(string name, string interleave) => CheckEqual(name, "dcmcjpls", interleave);

    [Fact]
    public void Jpeg_ls_in_many_fragments_is_exact() => CheckEqual(Grey, "dcmcjpls", "+fs", "16");

    [Fact]
    public void Empty_slice_is_read_however_short_its_code_is()
    {
        using var folder = new TemporaryFolder();
        var file = CodecFiles.Open(Grey);
        CodecFiles.StoredBytes(file.Dataset).AsSpan().Clear();
        file.Save(folder.File("plain.dcm"));
        var coded = Run(folder, "dcmcjpls");

        var volume = new SeriesReader().Read([coded], TestContext.Current.CancellationToken).Volume;

        Assert.Equal((512, 512), (volume.Geometry.Columns, volume.Geometry.Rows));
    }

    [Theory]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.50.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.70.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.80.dcm")]
    [InlineData("ct-ladder/1.2.840.10008.1.2.4.90.dcm")]
    public void Code_of_another_picture_than_the_header_promises_is_refused(string name)
    {
        static string Refusal(string name, Action<DicomDataset> change)
        {
            var dataset = CodecFiles.Open(name).Dataset.NotValidated();
            change(dataset);
            var refusal = Assert.Throws<SeriesException>(() => FrameDecoder.Shared.Decode(dataset, 0));
            Assert.Equal(SeriesFault.DamagedPixels, refusal.Fault);
            return refusal.Message;
        }

        Assert.Contains("512 x 512 pixels where the header says 512 x 511", Refusal(name, d => d.AddOrUpdate(DicomTag.Rows, (ushort)511)), StringComparison.Ordinal);
        Assert.Contains("512 x 512 pixels where the header says 9999 x 512", Refusal(name, d => d.AddOrUpdate(DicomTag.Columns, (ushort)9999)), StringComparison.Ordinal);
        Assert.Contains("1 samples a pixel where the header says 3", Refusal(name, d => d.AddOrUpdate(DicomTag.SamplesPerPixel, (ushort)3)), StringComparison.Ordinal);
        Assert.Contains("where the header allocates 1", Refusal(name, d => d.AddOrUpdate(DicomTag.BitsAllocated, (ushort)1)), StringComparison.Ordinal);
    }

    private static void CheckEqual(string name, string encoder, params string[] options)
    {
        var (plain, decoded) = Encode(name, encoder, options);
        Assert.True(plain.AsSpan(0, decoded.Length).SequenceEqual(decoded));
    }

    private static (byte[] Plain, byte[] Decoded) Encode(string name, string encoder, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var file = CodecFiles.Open(name);
        file.Save(folder.File("plain.dcm"));
        return (CodecFiles.StoredBytes(file.Dataset), CodecFiles.Decode(Run(folder, encoder, options).Dataset));
    }

    private static DicomFile Run(TemporaryFolder folder, string encoder, params string[] options)
    {
        var (exitCode, output) = ExternalTool.Run(ExternalTool.Require(encoder, "dcmtk"), [.. options, folder.File("plain.dcm"), folder.File("coded.dcm")]);
        Assert.True(exitCode == 0, output);
        return DicomFile.Open(folder.File("coded.dcm"), FileReadOption.ReadAll);
    }
}
