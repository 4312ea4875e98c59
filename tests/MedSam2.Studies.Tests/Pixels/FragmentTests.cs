using FellowOakDicom;
using FellowOakDicom.IO.Buffer;
using MedSam2.Studies.Series;
using Xunit;

namespace MedSam2.Studies.Tests.Pixels;

/// <summary>Frames in fragments, with every kind of offset table.</summary>
public sealed class FragmentTests
{
    private const string Name = "multiframe-colour-seg/emri_small_jpeg_ls_lossless.dcm";

    private static DicomDataset Sound => CodecFiles.Open(Name).Dataset.NotValidated();

    private static byte[][] Codes => [.. Sound.GetDicomItem<DicomFragmentSequence>(DicomTag.PixelData).Fragments.Select(f => f.Data).Take(10)];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    public void Fragments_of_a_frame_are_joined(int pieces, bool hasTable)
    {
        var (fragments, offsets) = Split(pieces);

        var pixels = CodecFiles.Decode(WithFragments(Sound, hasTable ? offsets : [], fragments));

        Assert.Equal(CodecFiles.Decode(Sound), pixels);
    }

    [Fact]
    public void Extended_offset_table_is_followed()
    {
        var (fragments, offsets) = Split(2);
        var dataset = WithFragments(Sound, [], fragments);
        var bytes = offsets.SelectMany(offset => BitConverter.GetBytes((ulong)offset)).ToArray();
        dataset.Add(new DicomOtherVeryLong(DicomTag.ExtendedOffsetTable, new MemoryByteBuffer(bytes)));

        Assert.Equal(CodecFiles.Decode(Sound), CodecFiles.Decode(dataset));
    }

    [Fact]
    public void Wrong_offset_table_gives_way_to_the_marks_of_the_codes()
    {
        var (fragments, offsets) = Split(2);

        var pixels = CodecFiles.Decode(WithFragments(Sound, [.. offsets.Select(offset => offset + 2)], fragments));

        Assert.Equal(CodecFiles.Decode(Sound), pixels);
    }

    [Fact]
    public void Frames_that_cannot_be_told_apart_are_refused()
    {
        var (fragments, _) = Split(2);
        fragments[2][1] = 0;

        var refusal = Assert.Throws<SeriesException>(() => CodecFiles.Decode(WithFragments(Sound, [], fragments)));

        Assert.Equal(SeriesFault.DamagedPixels, refusal.Fault);
        Assert.Contains("offset table", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_fragments_than_frames_are_refused()
    {
        var refusal = Assert.Throws<SeriesException>(() => CodecFiles.Decode(WithFragments(Sound, [], Codes[..9])));

        Assert.Contains("only 9 compressed fragments", refusal.Message, StringComparison.Ordinal);
    }

    internal static DicomDataset WithFragments(DicomDataset dataset, uint[] offsets, params byte[][] fragments)
    {
        var sequence = new DicomOtherByteFragment(DicomTag.PixelData);
        foreach (var offset in offsets)
            sequence.OffsetTable.Add(offset);
        foreach (var fragment in fragments)
            sequence.Fragments.Add(new MemoryByteBuffer(fragment));
        return dataset.AddOrUpdate(sequence);
    }

    private static (byte[][] Fragments, uint[] Offsets) Split(int pieces)
    {
        var fragments = new List<byte[]>();
        var offsets = new List<uint>();
        foreach (var code in Codes)
        {
            offsets.Add((uint)fragments.Sum(fragment => fragment.Length + 8));
            fragments.AddRange(code.Chunk(((code.Length / pieces) + 2) / 2 * 2).Select(chunk => chunk.ToArray()));
        }

        return ([.. fragments], [.. offsets]);
    }
}
