using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace Dicom.Segmentation.Tests;

/// <summary>Segmentations written by others, against the label maps beside them.</summary>
public sealed class ForeignSegmentationTests
{
    [Fact]
    public void Abdomen_of_three_organs_equals_its_label_map()
    {
        var labels = NiftiFile.ReadLabelMap(SharedData.Require("ct-abdomen-dicom", "labels.nii.gz"), cancellation: TestContext.Current.CancellationToken);
        var aligned = Open("ct-abdomen-dicom", "seg.dcm").AlignTo(Series("ct-abdomen-dicom", "ct-explicit"));
        var planes = Open("ct-abdomen-dicom", "seg.dcm").Frames.DistinctBy(frame => frame.Plane!.Position).ToList();
        Assert.Equal(20, planes.Count);
        Assert.Equal(
            [("Liver", 366_708), ("Spleen", 130_634), ("Aorta", 11_723)],
            aligned.Segments.Select(segment => (segment.Label, Count(aligned, segment.Number))));
        CheckFrames(Open("ct-abdomen-dicom", "seg.dcm"), labels, number => (byte)(number switch { 1 => 5, 2 => 1, _ => 52 }));
    }

    [Theory]
    [InlineData("liver.dcm", "liver_seg.nrrd", 107_098)]
    [InlineData("24x38x3/seg/label.seg", "24x38x3/nrrd/label.nrrd", 315)]
    [InlineData("23x38x3/seg/label.seg", "23x38x3/nrrd/label.nrrd", 322)]
    [InlineData("sparse-labelmap-noppv.dcm", "sparse_labelmap_noppv_seg.nrrd", 630)]
    [InlineData("sparse-labelmap-ppv5.dcm", "sparse_labelmap_ppv5_seg.nrrd", 630)]
    public void Dcmqi_segmentation_equals_its_label_map(string segmentation, string labelMap, int voxels)
    {
        var reader = Open("ct-dcmqi-seg", segmentation);
        var labels = NrrdFile.ReadLabelMap(SharedData.Require("ct-dcmqi-seg", labelMap), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("Liver", Assert.Single(reader.Segments).Label);
        Assert.Equal(voxels, CheckFrames(reader, labels, _ => 1));
    }

    [Fact]
    public void Overlapping_segments_of_dcmqi_equal_their_label_maps()
    {
        var reader = Open("ct-dcmqi-seg", "partial_overlaps.dcm");
        Assert.Equal(["GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE"], reader.Segments.Select(segment => segment.Label));
        var aligned = reader.AlignTo(Series("ct-dcmqi-seg", "ct-3slice"));
        Assert.Throws<SegmentationException>(() =>
        {
            for (var slice = 0; slice < aligned.SliceCount; slice++)
                aligned.ReadLabels(slice, new ushort[aligned.Rows * aligned.Columns]);
        });

        // The five segments are spread over three label maps; each must equal one label of one of them.
        var maps = Enumerable.Range(1, 3)
            .Select(map => NrrdFile.ReadLabelMap(SharedData.Require("ct-dcmqi-seg", $"partial_overlaps-{map}.nrrd"), cancellation: TestContext.Current.CancellationToken))
            .ToArray();
        var matched = new HashSet<(int Map, byte Label)>();
        foreach (var segment in reader.Segments)
        {
            var ours = Voxels(reader, segment.Number, maps[0]);
            var same = from map in Enumerable.Range(0, maps.Length)
                       from label in Enumerable.Range(1, 5)
                       where ours.SetEquals(VoxelsOf(maps[map], (byte)label))
                       select (map, (byte)label);
            Assert.True(matched.Add(Assert.Single(same)));
        }
    }

    [Fact]
    public void Tumours_of_the_pet_series_lie_on_its_slices()
    {
        var aligned = Open("pet-headneck-seg", "seg.dcm").AlignTo(Series("pet-headneck-seg", "pet"));
        Assert.Empty(aligned.UnmatchedFrames);
        Assert.Equal(
            [("Neoplasm, Primary", 54), ("Neoplasm, Secondary", 212)],
            aligned.Segments.Select(segment => (segment.Label, Count(aligned, segment.Number))));
    }

    [Theory]
    [InlineData("ct-abdomen-dicom/seg.dcm", "ct-abdomen-dicom/ct-explicit", SegmentationEncoding.Binary)]
    [InlineData("ct-abdomen-dicom/seg.dcm", "ct-abdomen-dicom/ct-explicit", SegmentationEncoding.LabelMap)]
    [InlineData("pet-headneck-seg/seg.dcm", "pet-headneck-seg/pet", SegmentationEncoding.Binary)]
    [InlineData("ct-dcmqi-seg/partial_overlaps.dcm", "ct-dcmqi-seg/ct-3slice", SegmentationEncoding.Binary)]
    [InlineData("ct-dcmqi-seg/23x38x3/seg/label.seg", "ct-dcmqi-seg/23x38x3/multiframe", SegmentationEncoding.Binary)]
    public void Written_again_it_is_valid_and_equal(string segmentation, string series, SegmentationEncoding encoding)
    {
        var source = Series(series.Split('/'));
        var read = Open(segmentation.Split('/')).AlignTo(source);
        var file = SegmentationWriter.Write(
            source, read.Segments, read.ReadMask, new SegmentationOptions { Encoding = encoding }, TestContext.Current.CancellationToken);
        Assert.Empty(Validator.Errors(file, encoding));

        var again = RoundTripTests.Reread(file).AlignTo(source);
        byte[] expected = new byte[read.Rows * read.Columns], mask = new byte[read.Rows * read.Columns];
        for (var slice = 0; slice < source.Count; slice++)
        {
            foreach (var segment in read.Segments)
            {
                read.ReadMask(segment.Number, slice, expected);
                again.ReadMask(segment.Number, slice, mask);
                Assert.True(expected.AsSpan().SequenceEqual(mask), $"Segment {segment.Number}, slice {slice}");
            }
        }

        Assert.Equivalent(read.Segments, again.Segments);
    }

    [Theory]
    [InlineData("liver_expb.dcm", "ct-dcmqi-seg/liver.dcm")]
    [InlineData("liver_rle.dcm", "ct-dcmqi-seg/liver.dcm")]
    [InlineData("liver_deflate.dcm", "ct-dcmqi-seg/liver.dcm")]
    [InlineData("liver_nonbyte_aligned_rle.dcm", "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned.dcm")]
    [InlineData("liver_nonbyte_aligned_deflate.dcm", "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned.dcm")]
    public void Other_transfer_syntaxes_hold_the_same_masks(string coded, string native)
    {
        var reader = Open("dicom-codecs", "multiframe-colour-seg", coded);
        var expected = Open(native.Split('/'));
        Assert.Equal(expected.Frames.Count, reader.Frames.Count);
        var inside = 0;
        for (var frame = 0; frame < reader.Frames.Count; frame++)
        {
            var mask = Mask(reader, frame);
            Assert.Equal(Mask(expected, frame), mask);
            inside += mask.Count(value => value == 1);
        }

        Assert.InRange(inside, 100_000, 108_000);
    }

    [Theory]
    [InlineData("liver_j2k.dcm", "ct-dcmqi-seg/liver.dcm")]
    [InlineData("liver_nonbyte_aligned_j2k.dcm", "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned.dcm")]
    public void Jpeg_2000_is_decoded_right_or_refused_by_name(string coded, string native)
    {
        var reader = Open("dicom-codecs", "multiframe-colour-seg", coded);
        byte[] mask;
        try
        {
            mask = Mask(reader, 0);
        }
        catch (SegmentationException refusal)
        {
            Assert.Contains("1.2.840.10008.1.2.4.90", refusal.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(Mask(Open(native.Split('/')), 0), mask);
    }

    [Fact]
    public void Frames_of_another_series_are_not_matched()
    {
        var refusal = Assert.Throws<SegmentationException>(() => Open("ct-dcmqi-seg", "liver.dcm").AlignTo(Series("ct-abdomen-dicom", "ct-explicit")));
        Assert.Contains("3 of 3 frames", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("parametric_map_float.dcm")]
    [InlineData("emri_small.dcm")]
    public void What_is_no_segmentation_is_refused(string file) =>
        Assert.Throws<SegmentationException>(() => Open("dicom-codecs", "multiframe-colour-seg", file));

    private static SegmentationReader Open(params string[] parts) =>
        SegmentationReader.Open(DicomFile.Open(SharedData.Require(parts), FileReadOption.ReadAll).Dataset);

    private static List<DicomDataset> Series(params string[] parts) =>
        [.. Directory.EnumerateFiles(SharedData.Require(parts), "*.dcm").Order(StringComparer.Ordinal)
            .Select(path => DicomFile.Open(path, FileReadOption.SkipLargeTags).Dataset)];

    private static byte[] Mask(SegmentationReader reader, int frame)
    {
        var mask = new byte[reader.Rows * reader.Columns];
        reader.ReadMask(reader.Frames[frame], reader.Segments[0].Number, mask);
        return mask;
    }

    private static int Count(AlignedSegmentation aligned, int segmentNumber)
    {
        var mask = new byte[aligned.Rows * aligned.Columns];
        var count = 0;
        for (var slice = 0; slice < aligned.SliceCount; slice++)
        {
            if (aligned.ReadMask(segmentNumber, slice, mask))
                count += mask.Count(value => value == 1);
        }

        return count;
    }

    /// <summary>Every pixel of every frame against the voxel at its place; returns how many are inside.</summary>
    private static int CheckFrames(SegmentationReader reader, LabelMap labels, Func<int, byte> labelOf)
    {
        var inside = 0;
        foreach (var segment in reader.Segments)
        {
            var voxels = Voxels(reader, segment.Number, labels);
            inside += voxels.Count;
            var frames = reader.Frames.Where(frame => (frame.SegmentNumber ?? segment.Number) == segment.Number);
            var slices = frames.Select(frame => Index(labels.Geometry, frame.Plane!.Position).K).ToHashSet();
            var expected = VoxelsOf(labels, labelOf(segment.Number));
            Assert.True(expected.All(voxel => slices.Contains(voxel.K)));
            Assert.True(voxels.SetEquals(expected));
        }

        return inside;
    }

    private static HashSet<(int I, int J, int K)> Voxels(SegmentationReader reader, int segmentNumber, LabelMap grid)
    {
        var voxels = new HashSet<(int, int, int)>();
        var mask = new byte[reader.Rows * reader.Columns];
        foreach (var frame in reader.Frames.Where(frame => (frame.SegmentNumber ?? segmentNumber) == segmentNumber))
        {
            reader.ReadMask(frame, segmentNumber, mask);
            for (var pixel = 0; pixel < mask.Length; pixel++)
            {
                if (mask[pixel] != 0)
                    voxels.Add(Index(grid.Geometry, frame.Plane!.At(pixel % reader.Columns, pixel / reader.Columns)));
            }
        }

        return voxels;
    }

    private static HashSet<(int I, int J, int K)> VoxelsOf(LabelMap labels, byte label)
    {
        var voxels = new HashSet<(int, int, int)>();
        for (var offset = 0; offset < labels.Labels.Length; offset++)
        {
            if (labels.Labels[offset] == label)
            {
                var (row, i) = Math.DivRem(offset, labels.Geometry.Columns);
                var (k, j) = Math.DivRem(row, labels.Geometry.Rows);
                voxels.Add((i, j, k));
            }
        }

        return voxels;
    }

    private static (int I, int J, int K) Index(VolumeGeometry geometry, PatientVector at)
    {
        var index = geometry.IjkToLps.Inverse().Transform(new Vector3D(at.X, at.Y, at.Z));
        var rounded = ((int)Math.Round(index.X), (int)Math.Round(index.Y), (int)Math.Round(index.Z));
        Assert.InRange(Math.Abs(index.X - rounded.Item1) + Math.Abs(index.Y - rounded.Item2) + Math.Abs(index.Z - rounded.Item3), 0, 0.02);
        return rounded;
    }
}
