using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>What writing and reading hold is in proportion to the frames in hand, not to the series.</summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Size = 1024, Slices = 100;
    private const long Pixels = Size * Size, Frame = Pixels / 8, Whole = Slices * Frame;

    private static readonly TestSeries Series = new() { Rows = Size, Columns = Size, Slices = Slices };

    [Fact]
    public void A_large_file_is_read_frame_by_frame()
    {
        var source = Series.Build();
        using var file = new TemporaryFile(SegmentationWriter.Write(source, [TestMasks.Liver], Paint, cancellation: TestContext.Current.CancellationToken));
        Assert.True(new FileInfo(file.Path).Length > Whole);
        // The functional groups of a frame take some kilobytes as objects, its pixels 128: opening must not take those.
        AlignedSegmentation read = null!;
        var opened = Allocated(() => read = SegmentationReader.Open(DicomFile.Open(file.Path, FileReadOption.ReadLargeOnDemand).Dataset).AlignTo(source));
        Assert.InRange(opened, 0, Whole / 2);

        var (mask, expected) = (new byte[Pixels], new byte[Pixels]);
        read.ReadMask(1, 0, mask);
        for (var slice = 1; slice < Slices; slice++)
        {
            Assert.InRange(Allocated(() => read.ReadMask(1, slice, mask)), 0, 4 * Frame);
            Paint(1, slice, expected);
            Assert.Equal(expected, mask);
        }
    }

    [Fact]
    public void An_object_in_memory_holds_its_frames_from_their_first_to_their_last_pixel_alone()
    {
        var source = Series.Build();
        DicomFile written = null!;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        // Eight rows a slice, in other places: a 128th of each frame.
        written = SegmentationWriter.Write(
            source,
            [TestMasks.Liver],
            (_, slice, mask) =>
            {
                mask.Slice(slice * 9 * Size, 8 * Size).Fill(1);
                return true;
            },
            cancellation: TestContext.Current.CancellationToken);

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < Whole / 2, "The object holds whole frames.");
        Assert.Equal(Slices, written.Dataset.GetSingleValue<int>(DicomTag.NumberOfFrames));
    }

    private static bool Paint(int segment, int slice, Span<byte> mask)
    {
        for (var pixel = 0; pixel < mask.Length; pixel++)
            mask[pixel] = (byte)((pixel + slice) % 3 == 0 ? 1 : 0);
        return true;
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}

/// <summary>Memory is the process's: nothing runs beside these tests.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTestsAlone;
