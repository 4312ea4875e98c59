using FellowOakDicom;
using FellowOakDicom.IO.Buffer;

namespace Dicom.Segmentation.Tests;

/// <summary>Files that contradict themselves, ask for too much, or are damaged at random.</summary>
public sealed class HostileInputTests
{
    private const int MostPixels = 1 << 22;

    private static readonly Dictionary<string, (Action<DicomDataset> Damage, string Words)> Damages = new()
    {
        ["no type"] = (d => d.Remove(DicomTag.SegmentationType), "no segmentation"),
        ["unknown type"] = (d => d.AddOrUpdate(DicomTag.SegmentationType, "TERNARY"), "none of BINARY"),
        ["no rows"] = (d => d.Remove(DicomTag.Rows), "Rows"),
        ["zero columns"] = (d => d.AddOrUpdate(DicomTag.Columns, (ushort)0), "Columns"),
        ["huge frame"] = (d => d.AddOrUpdate(DicomTag.Rows, ushort.MaxValue).AddOrUpdate(DicomTag.Columns, ushort.MaxValue), "limit"),
        ["larger frame than pixels"] = (d => d.AddOrUpdate(DicomTag.Rows, (ushort)4000).AddOrUpdate(DicomTag.Columns, (ushort)4000), "Pixel Data has"),
        ["more frames than described"] = (d => d.AddOrUpdate(DicomTag.NumberOfFrames, "2000000000"), "limit"),
        ["one frame too many"] = (d => d.AddOrUpdate(DicomTag.NumberOfFrames, "8"), "8 frames and describes 7"),
        ["negative frames"] = (d => d.AddOrUpdate(DicomTag.NumberOfFrames, "-1"), "Number of Frames"),
        ["8 bits"] = (d => d.AddOrUpdate(DicomTag.BitsAllocated, (ushort)8), "8 bits"),
        ["three samples"] = (d => d.AddOrUpdate(DicomTag.SamplesPerPixel, (ushort)3), "several samples"),
        ["no functional groups"] = (d => d.Remove(DicomTag.PerFrameFunctionalGroupsSequence), "describes 0"),
        ["no segments"] = (d => d.Remove(DicomTag.SegmentSequence), "describes no segment"),
        ["frame of an unknown segment"] = (d => Items(d, DicomTag.SegmentSequence)[1].AddOrUpdate(DicomTag.SegmentNumber, (ushort)3), "not described"),
        ["segment twice"] = (d => Items(d, DicomTag.SegmentSequence)[1].AddOrUpdate(DicomTag.SegmentNumber, (ushort)1), "same number"),
        ["segment without number"] = (d => Items(d, DicomTag.SegmentSequence)[1].Remove(DicomTag.SegmentNumber), "no Segment Number"),
        ["frame without segment"] = (d => Items(d, DicomTag.PerFrameFunctionalGroupsSequence)[2].Remove(DicomTag.SegmentIdentificationSequence), "Frame 3"),
        ["bent orientation"] = (d => Orientation(d).AddOrUpdate(DicomTag.ImageOrientationPatient, "1", "0", "0", "1", "0", "0"), "right angle"),
        ["no pixels"] = (d => d.Remove(DicomTag.PixelData), "no Pixel Data"),
        ["too few pixels"] = (d => d.AddOrUpdate(new DicomOtherByte(DicomTag.PixelData, new byte[100])), "Pixel Data has 100 bytes"),
    };

    public static readonly TheoryData<string> DamageNames = [.. Damages.Keys];

    [Theory, MemberData(nameof(DamageNames))]
    public void Contradiction_is_refused_by_name(string name)
    {
        var dataset = DicomFile.Open(new MemoryStream(Valid()), FileReadOption.ReadAll).Dataset.NotValidated();
        Damages[name].Damage(dataset);
        var refusal = Assert.Throws<SegmentationException>(() => SegmentationReader.Open(dataset));
        Assert.Contains(Damages[name].Words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_frame_too_small_for_its_size_is_refused_before_anything_is_allocated_for_it()
    {
        var dataset = DicomFile.Open(
            SharedData.Require("dicom-codecs", "multiframe-colour-seg", "liver_rle.dcm"), FileReadOption.ReadAll).Dataset.NotValidated();
        dataset.AddOrUpdate(DicomTag.Rows, (ushort)8000).AddOrUpdate(DicomTag.Columns, (ushort)8000);
        var fragments = new DicomOtherByteFragment(DicomTag.PixelData);
        for (var frame = 0; frame < 3; frame++)
            fragments.Fragments.Add(new MemoryByteBuffer(new byte[100]));
        dataset.AddOrUpdate(fragments);
        var reader = SegmentationReader.Open(dataset);
        var refusal = Assert.Throws<SegmentationException>(() => reader.ReadMask(reader.Frames[0], 1, new byte[64_000_000]));
        Assert.Contains("too few", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Label_without_a_segment_is_refused()
    {
        var series = new TestSeries();
        var file = SegmentationWriter.Write(
            series.Build(), [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping: false).Read,
            new SegmentationOptions { Encoding = SegmentationEncoding.LabelMap }, TestContext.Current.CancellationToken);
        var dataset = file.Dataset;
        dataset.AddOrUpdate(new DicomSequence(DicomTag.SegmentSequence, Items(dataset, DicomTag.SegmentSequence)[1]));
        var reader = SegmentationReader.Open(dataset);
        var refusal = Assert.Throws<SegmentationException>(() => reader.ReadLabels(reader.Frames[1], new ushort[series.Rows * series.Columns]));
        Assert.Contains("label 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_are_the_same_whole_streamed_and_in_parts()
    {
        var series = new TestSeries();
        var pixels = SegmentationWriter.Write(
            series.Build(), [TestMasks.Liver, TestMasks.Kidney], SparseMask,
            cancellation: TestContext.Current.CancellationToken).Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer;
        var whole = pixels.Data;
        var stream = new MemoryStream();
        pixels.CopyToStream(stream);
        Assert.Equal(whole, stream.ToArray());
        for (var offset = 0; offset < whole.Length; offset++)
        {
            for (var count = 1; count <= whole.Length - offset; count++)
            {
                var part = new byte[count];
                pixels.GetByteRange(offset, count, part);
                Assert.Equal(whole[offset..(offset + count)], part);
            }
        }

        static bool SparseMask(int segmentNumber, int slice, Span<byte> mask)
        {
            mask[(segmentNumber * 31) + (slice * 17)] = 1;
            mask[(segmentNumber * 31) + (slice * 17) + 12] = 1;
            return true;
        }
    }

    public static readonly TheoryData<string> Seeds =
    [
        "", "ct-dcmqi-seg/23x38x3/seg/label.seg", "ct-dcmqi-seg/sparse-labelmap-ppv5.dcm",
        "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned_rle.dcm",
        "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned_deflate.dcm",
    ];

    [Theory, MemberData(nameof(Seeds))]
    public void Randomly_damaged_files_are_read_or_refused(string seedFile)
    {
        var original = seedFile.Length == 0 ? Valid() : File.ReadAllBytes(SharedData.Require(seedFile.Split('/')));
        var source = new TestSeries().Build();
        var (read, refused) = (0, 0);
        foreach (var bytes in FileMutations.Of(original, 20260102, first: 132, head: 6000).Take(800))
        {
            DicomDataset dataset;
            try
            {
                dataset = DicomFile.Open(new MemoryStream(bytes), FileReadOption.ReadAll).Dataset;
            }
            catch (Exception)
            {
                // The DICOM library's business; ours begins with a dataset.
                continue;
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(dataset, source);
                read++;
            }
            catch (SegmentationException)
            {
                refused++;
            }

            // A frame's mask is asked for by the test, and takes a byte a pixel; the limit of those is what ReadAll sets.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (3 * MostPixels) + (64L * bytes.Length) + (4 << 20));
        }

        Assert.True(read > 50 && refused > 10, $"{read} read, {refused} refused");
    }

    private static void ReadAll(DicomDataset dataset, IReadOnlyList<DicomDataset> source)
    {
        var reader = SegmentationReader.Open(dataset, new SegmentationReaderOptions { MaxFramePixels = MostPixels });
        var mask = new byte[reader.Rows * reader.Columns];
        foreach (var frame in reader.Frames)
            reader.ReadMask(frame, frame.SegmentNumber ?? reader.Segments[0].Number, mask);
        if (reader.Segments[0].Label == "Liver" && reader.Rows == 13)
            reader.AlignTo(source, new AlignmentOptions { AllowUnmatchedFrames = true });
    }

    private static byte[] Valid()
    {
        var series = new TestSeries();
        var stream = new MemoryStream();
        SegmentationWriter.Write(series.Build(), [TestMasks.Liver, TestMasks.Kidney], TestMasks.Random(series, overlapping: true).Read).Save(stream);
        return stream.ToArray();
    }

    private static IList<DicomDataset> Items(DicomDataset dataset, DicomTag tag) => dataset.GetSequence(tag).Items;

    private static DicomDataset Orientation(DicomDataset dataset) =>
        Items(Items(dataset, DicomTag.SharedFunctionalGroupsSequence)[0], DicomTag.PlaneOrientationSequence)[0];
}
