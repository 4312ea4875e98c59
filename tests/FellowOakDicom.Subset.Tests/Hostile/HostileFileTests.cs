using System.IO.Compression;

namespace FellowOakDicom.Tests.Hostile;

/// <summary>Files that lie are read as far as they go or refused with a <see cref="DicomException"/>, at no cost beyond their size.</summary>
public class HostileFileTests
{
    [Fact]
    public void Every_odd_file_is_read_or_refused()
    {
        var files = new[] { "dicom-odd", "dicom-codecs" }.SelectMany(folder => Directory.EnumerateFiles(SharedData.Require(folder), "*", SearchOption.AllDirectories));
        Assert.All(files, path => Read(() => DicomFile.Open(path)));
    }

    [Fact]
    public void A_length_beyond_the_file_makes_it_partial_and_takes_no_memory()
    {
        var file = RawFile.WithMetaInfo().Text(0x00080060, "CS", "CT").Element(0x7fe00010, "OW", [1, 2], length: 0x7ffffff0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var opened = file.Open(FileReadOption.ReadAll);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.True(opened.IsPartial);
        Assert.Equal("CT", opened.Dataset.GetString(DicomTag.Modality));
        Assert.False(opened.Dataset.Contains(DicomTag.PixelData));
    }

    [Fact]
    public void A_length_beyond_a_stream_that_cannot_seek_takes_no_memory()
    {
        var bytes = RawFile.WithMetaInfo().Text(0x00080060, "CS", "CT").Element(0x7fe00010, "OW", [1, 2], length: 0x7ffffff0).ToArray();
        using var stream = new ForwardOnlyStream(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Read(() => DicomFile.Open(stream));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Moderately_nested_sequences_are_read()
    {
        var dataset = Nested(100).Open().Dataset;
        for (var depth = 0; depth < 100; depth++)
            dataset = dataset.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0];
        Assert.Empty(dataset);
    }

    [Fact]
    public void A_stray_item_delimiter_is_refused() =>
        Assert.Throws<DicomFileException>(() => RawFile.WithMetaInfo().Text(0x00080060, "CS", "CT").EndOfItem().Text(0x00100020, "LO", "ID").Open());

    [Fact]
    public void A_sequence_without_items_is_refused() =>
        Assert.Throws<DicomFileException>(() => RawFile.WithMetaInfo().Element(0x00081140, "SQ", [1, 2, 3, 4, 5, 6, 7, 8]).Text(0x00100020, "LO", "ID").Open());

    [Fact]
    public void Something_else_among_fragments_is_refused() =>
        Assert.Throws<DicomFileException>(() => RawFile.WithMetaInfo("1.2.840.10008.1.2.5").Element(0x7fe00010, "OB", [], RawFile.UndefinedLength).Item(0).Text(0x00100020, "LO", "ID").Open());

    [Fact]
    public void A_deflated_dataset_that_is_not_deflated_is_refused() =>
        Assert.Throws<DicomFileException>(() => RawFile.WithMetaInfo("1.2.840.10008.1.2.1.99").Raw(new byte[64]).Raw([0xff, 0xff, 0xff, 0xff]).Open());

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(131)]
    [InlineData(132)]
    [InlineData(140)]
    public void A_file_that_ends_before_its_dataset_is_refused(int length)
    {
        var bytes = RawFile.WithMetaInfo().ToArray()[..length];
        Assert.Throws<DicomFileException>(() => DicomFile.Open(new MemoryStream(bytes)));
    }

    [Fact]
    public void What_is_no_dicom_file_is_refused()
    {
        var text = Enumerable.Repeat((byte)'x', 1000).ToArray();
        Assert.Throws<DicomFileException>(() => DicomFile.Open(new MemoryStream(text)));
        Assert.Throws<DicomFileException>(() => DicomFile.Open(Path.Combine(Path.GetTempPath(), "no such file.dcm")));
    }

    internal static RawFile Nested(int depth)
    {
        var file = RawFile.WithMetaInfo();
        for (var i = 0; i < depth; i++)
            file.Element(0x00081115, "SQ", [], RawFile.UndefinedLength).Item();
        for (var i = 0; i < depth; i++)
            file.EndOfItem().EndOfSequence();
        return file;
    }

    /// <summary>A dataset of one value with so many zeros, deflated.</summary>
    internal static byte[] Deflated(int size)
    {
        using var deflated = new MemoryStream();
        using (var deflater = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(new RawFile().Element(0x7fe00010, "OW", [], (uint)size).ToArray());
            var block = new byte[1 << 20];
            for (var rest = size; rest > 0; rest -= block.Length)
                deflater.Write(block, 0, Math.Min(rest, block.Length));
        }

        return deflated.ToArray();
    }

    /// <summary>The file, or nothing where it is refused; any other exception passes through.</summary>
    internal static DicomFile? Read(Func<DicomFile> open)
    {
        try
        {
            return open();
        }
        catch (DicomException)
        {
            return null;
        }
    }

    internal sealed class ForwardOnlyStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
