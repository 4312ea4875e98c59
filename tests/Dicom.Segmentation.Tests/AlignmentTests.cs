using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>Frames find their slices by the image they name, else by place; pixels on another grid are never guessed.</summary>
public sealed class AlignmentTests
{
    private static readonly TestSeries Series = new();
    private static readonly TestMasks Masks = TestMasks.Random(Series, overlapping: true);

    [Fact]
    public void Without_references_the_place_decides()
    {
        var dataset = Written();
        foreach (var frame in dataset.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
            frame.Remove(DicomTag.DerivationImageSequence);
        CheckEqual(SegmentationReader.Open(dataset).AlignTo(Series.Build()));
    }

    [Fact]
    public void Slices_are_counted_as_the_caller_orders_them()
    {
        var reversed = SegmentationReader.Open(Written()).AlignTo([.. Series.Build().Reverse()]);
        var mask = new byte[Series.Rows * Series.Columns];
        reversed.ReadMask(1, 0, mask);
        Assert.Equal(Masks[1, Series.Slices - 1], mask);
    }

    [Fact]
    public void A_frame_that_names_several_images_lies_on_the_one_at_its_place()
    {
        var dataset = Written();
        foreach (var frame in dataset.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
        {
            var images = frame.GetSequence(DicomTag.DerivationImageSequence).Items[0].GetSequence(DicomTag.SourceImageSequence).Items;
            images.Insert(0, new DicomDataset().Add(DicomTag.ReferencedSOPInstanceUID, "1.2.826.0.1.3680043.10.1.3.4"));
        }

        CheckEqual(SegmentationReader.Open(dataset).AlignTo(Series.Build()));
    }

    [Theory]
    [InlineData("rows mirrored")]
    [InlineData("columns mirrored")]
    [InlineData("turned")]
    public void Mirrored_and_turned_frames_are_laid_straight(string change)
    {
        double x = 0.5 * (Series.Columns - 1), y = 0.75 * (Series.Rows - 1);
        var written = change switch
        {
            "rows mirrored" => Series with { RowDirection = [-1, 0, 0], Origin = [-20.5 + x, 10.25, 100], Height = slice => -2.5 * slice },
            "columns mirrored" => Series with { ColumnDirection = [0, -1, 0], Origin = [-20.5, 10.25 + y, 100], Height = slice => -2.5 * slice },
            _ => Series with
            {
                RowDirection = [0, 1, 0],
                ColumnDirection = [1, 0, 0],
                Rows = Series.Columns,
                Columns = Series.Rows,
                Spacing = [Series.Spacing[1], Series.Spacing[0]],
                Height = slice => -2.5 * slice,
            },
        };
        byte[] Changed(byte[] mask)
        {
            var result = new byte[mask.Length];
            for (var row = 0; row < Series.Rows; row++)
            {
                for (var column = 0; column < Series.Columns; column++)
                {
                    var at = change switch
                    {
                        "rows mirrored" => (row * Series.Columns) + Series.Columns - 1 - column,
                        "columns mirrored" => ((Series.Rows - 1 - row) * Series.Columns) + column,
                        _ => (column * Series.Rows) + row,
                    };
                    result[at] = mask[(row * Series.Columns) + column];
                }
            }

            return result;
        }

        // Another instance's frames: names nobody knows, so that only the place can tell.
        var images = written.Build();
        for (var slice = 0; slice < images.Count; slice++)
            images[slice].AddOrUpdate(DicomTag.SOPInstanceUID, $"1.2.826.0.1.3680043.10.1.8.{slice}");
        var file = SegmentationWriter.Write(
            images,
            [TestMasks.Liver, TestMasks.Kidney],
            (number, slice, mask) =>
            {
                Changed(Masks[number, slice]).CopyTo(mask);
                return true;
            },
            cancellation: TestContext.Current.CancellationToken);
        CheckEqual(RoundTripTests.Reread(file).AlignTo(Series.Build()));
    }

    [Fact]
    public void A_frame_that_shows_a_part_of_the_slice_is_put_where_it_belongs()
    {
        var part = Series with { Rows = 4, Columns = 5, Origin = [-20.5 + (3 * 0.5), 10.25 + (2 * 0.75), 100] };
        var file = SegmentationWriter.Write(
            part.Build(),
            [TestMasks.Liver],
            (_, slice, mask) =>
            {
                mask[0] = mask[19] = 1;
                return slice == 2;
            },
            cancellation: TestContext.Current.CancellationToken);
        var mask = new byte[Series.Rows * Series.Columns];
        var aligned = RoundTripTests.Reread(file).AlignTo(Series.Build());
        Assert.True(aligned.ReadMask(1, 2, mask));
        Assert.Equal([(2 * 11) + 3, (5 * 11) + 7], Enumerable.Range(0, mask.Length).Where(pixel => mask[pixel] == 1));
        Assert.False(aligned.ReadMask(1, 3, mask));
        Assert.DoesNotContain((byte)1, mask);
    }

    [Fact]
    public void Pixels_outside_the_slice_are_refused_when_they_are_inside_the_segment()
    {
        var larger = Series with { Rows = 20 };
        var file = SegmentationWriter.Write(
            larger.Build(), [TestMasks.Liver], (_, slice, mask) =>
            {
                mask[19 * 11] = 1;
                return slice == 0;
            },
            cancellation: TestContext.Current.CancellationToken);
        var aligned = RoundTripTests.Reread(file).AlignTo(Series.Build());
        var refusal = Assert.Throws<SegmentationException>(() => aligned.ReadMask(1, 0, new byte[Series.Rows * Series.Columns]));
        Assert.Contains("outside", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("half a pixel aside")]
    [InlineData("between the slices")]
    [InlineData("finer grid")]
    [InlineData("tilted")]
    public void Another_grid_is_refused(string change)
    {
        var moved = change switch
        {
            "half a pixel aside" => Series with { Origin = [-20.25, 10.25, 100] },
            "between the slices" => Series with { Origin = [-20.5, 10.25, 101.2] },
            "finer grid" => Series with { Spacing = [0.74, 0.5] },
            _ => Series with { ColumnDirection = [0, 0.999, 0.0447] },
        };
        var refusal = Assert.Throws<SegmentationException>(() => SegmentationReader.Open(Written()).AlignTo(moved.Build()));
        Assert.Contains("7 of 7 frames", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unmatched_frames_are_put_aside_when_allowed()
    {
        var reader = SegmentationReader.Open(Written());
        var source = Series.Build().Take(3).ToList();
        Assert.Throws<SegmentationException>(() => reader.AlignTo(source));
        var aligned = reader.AlignTo(source, new AlignmentOptions { AllowUnmatchedFrames = true });
        Assert.Equal([3, 4, 3, 4], aligned.UnmatchedFrames.Select(frame => (int)((frame.Plane!.Position.Z - 100) / 2.5)));
    }

    [Fact]
    public void Another_frame_of_reference_is_matched_by_reference_only()
    {
        var dataset = Written().AddOrUpdate(DicomTag.FrameOfReferenceUID, "1.2.3");
        CheckEqual(SegmentationReader.Open(dataset).AlignTo(Series.Build()));
        foreach (var frame in dataset.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
            frame.Remove(DicomTag.DerivationImageSequence);
        Assert.Throws<SegmentationException>(() => SegmentationReader.Open(dataset).AlignTo(Series.Build()));
    }

    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.25, 25)]
    [InlineData(0.001, 1)]
    [InlineData(1, 100)]
    public void Fractions_are_inside_from_the_threshold(double threshold, int smallest)
    {
        var dataset = Written().NotValidated();
        var pixels = Enumerable.Range(0, 7 * Series.Rows * Series.Columns).Select(pixel => (byte)(pixel % 101)).ToArray();
        dataset.AddOrUpdate(DicomTag.SegmentationType, "FRACTIONAL").AddOrUpdate(DicomTag.MaximumFractionalValue, (ushort)100)
            .AddOrUpdate(DicomTag.BitsAllocated, (ushort)8).AddOrUpdate(DicomTag.BitsStored, (ushort)8).AddOrUpdate(DicomTag.HighBit, (ushort)7)
            .AddOrUpdate(new DicomOtherByte(DicomTag.PixelData, [.. pixels, 0]));
        var reader = SegmentationReader.Open(dataset, new SegmentationReaderOptions { FractionalThreshold = threshold });
        Assert.Equal(SegmentationEncoding.Fractional, reader.Encoding);
        var size = Series.Rows * Series.Columns;
        var mask = new byte[size];
        foreach (var frame in reader.Frames)
        {
            reader.ReadMask(frame, frame.SegmentNumber!.Value, mask);
            Assert.Equal(pixels.Skip(frame.Index * size).Take(size).Select(value => (byte)(value >= smallest ? 1 : 0)), mask);
        }
    }

    private static DicomDataset Written() => SegmentationWriter.Write(
        Series.Build(), [TestMasks.Liver, TestMasks.Kidney], Masks.Read).Dataset;

    private static void CheckEqual(AlignedSegmentation aligned)
    {
        var mask = new byte[Series.Rows * Series.Columns];
        for (var slice = 0; slice < Series.Slices; slice++)
        {
            foreach (var number in new[] { 1, 2 })
            {
                aligned.ReadMask(number, slice, mask);
                Assert.Equal(Masks[number, slice], mask);
            }
        }
    }
}
