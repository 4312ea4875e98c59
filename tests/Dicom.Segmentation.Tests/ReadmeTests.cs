using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void The_example_works()
    {
        var folder = Directory.CreateTempSubdirectory("seg-readme").FullName;
        try
        {
            foreach (var image in new TestSeries().Build())
                new DicomFile(image).Save(Path.Combine(folder, $"{image.GetSingleValue<int>(DicomTag.InstanceNumber)}.dcm"));
            var source = Directory.GetFiles(folder).Select(path => DicomFile.Open(path, FileReadOption.SkipLargeTags).Dataset).ToList();

            Assert.True(SegmentPresets.TryFind("left kidney", out var kidney));
            Segment[] segments = [kidney.ToSegment(1, new SegmentAlgorithm(SegmentAlgorithmType.Automatic, "MyNetwork"))];
            DicomFile file = SegmentationWriter.Write(
                source, segments, (segment, slice, mask) => MyMask(segment, slice, mask), cancellation: TestContext.Current.CancellationToken);
            var saved = Path.Combine(folder, "kidney.dcm");
            file.Save(saved);

            AlignedSegmentation read = SegmentationReader.Open(DicomFile.Open(saved).Dataset).AlignTo(source);
            var inside = 0;
            var pixels = new byte[read.Rows * read.Columns];
            for (var slice = 0; slice < read.SliceCount; slice++)
            {
                if (read.ReadMask(segmentNumber: 1, slice, pixels))
                    inside += pixels.Count(pixel => pixel == 1);
            }

            Assert.Equal(3, inside);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool MyMask(int segmentNumber, int slice, Span<byte> mask)
    {
        mask.Slice(4, 3).Fill((byte)segmentNumber);
        return slice == 1;
    }
}
