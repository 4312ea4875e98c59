using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Imaging.Tests.Formats;

/// <summary>Every file of the collection of odd volumes: read as nibabel reads it, or refused for the right reason.</summary>
public class RealFileTests
{
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["derived/bad_magic.nii.gz"] = "magic",
        ["derived/complex64.nii.gz"] = "complex",
        ["derived/fourD_3t.nii.gz"] = "3 entries along dimension 4",
        ["derived/huge_dim.nii.gz"] = "32767 x 32767 x 32767",
        ["derived/negative_dim.nii.gz"] = "-60",
        ["derived/rgb24.nii.gz"] = "RGB",
        ["derived/shear_sform.nii.gz"] = "sheared by 11.31 degrees",
        ["derived/truncated.nii"] = "cut short",
        ["derived/truncated.nii.gz"] = "cut short",
        ["nibabel/analyze.hdr"] = "Analyze",
        ["nibabel/example_nifti2.nii.gz"] = "2 entries along dimension 4",
        ["nibabel/functional.nii"] = "20 entries along dimension 4",
        ["nibabel/nifti1.hdr"] = ".img is not beside it",
        ["nibabel/nifti2.hdr"] = ".img is not beside it",
        ["nibabel/row_major.dconn.nii"] = "along dimension",
        ["pynrrd/BallBinary30x30x30_byteskip_minus_five.nhdr"] = "byteskip",
        ["pynrrd/BallBinary30x30x30_nifti.nhdr"] = "more than the sizes need",
        ["pynrrd/test1d_ascii.nrrd"] = "1 axes of space",
        ["pynrrd/test_customFields.nrrd"] = "1 axes of space",
    };

    public static TheoryData<string> RefusedFiles => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(RefusedFiles))]
    public void Odd_file_that_is_not_one_sound_volume_is_refused_with_its_cause(string name)
    {
        var path = SharedData.Require(["volume-odd", .. name.Split('/')]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ImageFormatException>(() => ImageFile.ReadVolume(path));

        Assert.Contains(Refused[name], error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (1 << 21) + (20 * new FileInfo(path).Length));
    }

    [Fact]
    public void Every_other_nifti_file_has_the_values_and_frame_that_nibabel_reads()
    {
        var root = SharedData.Require("volume-odd");
        var paths = NiftiFiles(root).Where(path => !Refused.ContainsKey(Path.GetRelativePath(root, path)))
            .Concat(NiftiFiles(SharedData.Require("ct-torso-nifti")))
            .Concat(NiftiFiles(SharedData.Require("mr-abdomen-nifti")))
            .Concat(NiftiFiles(SharedData.Require("mr-spinalcord-nifti")))
            .ToArray();
        Assert.InRange(paths.Length, 40, 1000);

        var truths = NibabelTruth.Read(paths);

        Assert.Equal(paths.Length, truths.Count);
        foreach (var (path, truth) in paths.Zip(truths))
        {
            var volume = NiftiFile.ReadVolume(path);
            VolumeAssert.Same(truth.Geometry, volume.Geometry, 1e-3);
            VolumeAssert.Same(truth.Values, volume.Voxels, Path.GetFileName(path));
        }
    }

    [Fact]
    public void Labels_stored_as_floats_are_the_labels_stored_as_bytes()
    {
        var bytes = NiftiFile.ReadLabelMap(SharedData.Require("volume-odd", "derived", "label.nii.gz"));
        var floats = NiftiFile.ReadLabelMap(SharedData.Require("volume-odd", "derived", "label_f32.nii.gz"));

        Assert.Equal(bytes.Labels, floats.Labels);
        Assert.Contains((byte)1, bytes.Labels);
    }

    [Fact]
    public void Grey_values_are_not_labels()
    {
        var error = Assert.Throws<ImageFormatException>(() => NiftiFile.ReadLabelMap(SharedData.Require("volume-odd", "derived", "base_i16.nii.gz")));

        Assert.Contains("not a label", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BallBinary30x30x30.nrrd")]
    [InlineData("BallBinary30x30x30_gz.nrrd")]
    [InlineData("BallBinary30x30x30_gz_lineskip.nrrd")]
    [InlineData("BallBinary30x30x30_gz_byteskip_minus_one.nrrd")]
    [InlineData("BallBinary30x30x30_bz2.nrrd")]
    [InlineData("BallBinary30x30x30.nhdr")]
    [InlineData("BallBinary30x30x30_byteskip_minus_one.nhdr")]
    [InlineData("BallBinary30x30x30_byteskip_minus_one_nifti.nhdr")]
    public void Ball_is_the_same_in_every_nrrd_packing_and_in_nifti(string name)
    {
        var expected = NiftiFile.ReadVolume(SharedData.Require("volume-odd", "pynrrd", "BallBinary30x30x30.nii.gz"));

        var ball = NrrdFile.ReadVolume(SharedData.Require("volume-odd", "pynrrd", name));

        VolumeAssert.Same(expected.Voxels, ball.Voxels);
        Assert.Equal(new(1, 1, 1), ball.Geometry.Spacing);
        Assert.Equal(257, ball[15, 15, 15]);
    }

    [Fact]
    public void Same_volume_as_nifti_and_as_nrrd_agrees_in_values_and_frame()
    {
        var nifti = NiftiFile.ReadVolume(SharedData.Require("volume-odd", "fnndsc", "avf_float_32.nii.gz"));
        var nrrd = NrrdFile.ReadVolume(SharedData.Require("volume-odd", "fnndsc", "avf_float_32.nrrd"));

        VolumeAssert.Same(nifti.Geometry, nrrd.Geometry);
        VolumeAssert.Same(nifti.Voxels, nrrd.Voxels);
    }

    [Fact]
    public void Ascii_slice_is_read_in_order()
    {
        var slice = NrrdFile.ReadVolume(SharedData.Require("volume-odd", "pynrrd", "test2d_ascii.nrrd"));

        Assert.Equal((3, 9, 1), (slice.Geometry.Columns, slice.Geometry.Rows, slice.Geometry.Slices));
        Assert.Equal(5, slice[1, 1, 0]);
        Assert.Equal(27, slice[2, 8, 0]);
        Assert.Equal(1.0458, slice.Geometry.Spacing.X, 1e-9);
    }

    [Fact]
    public void Axis_of_one_entry_that_is_not_space_is_dropped()
    {
        var volume = NrrdFile.ReadVolume(SharedData.Require("volume-odd", "pynrrd", "test_simple4d_raw.nrrd"));

        Assert.Equal(1, volume.Voxels.Count);
        Assert.Equal(new(-1.5, 0, 0), volume.Geometry.IjkToLps.I);
    }

    [Fact]
    public void Brain_and_breast_volumes_line_up_with_their_labels()
    {
        foreach (var image in Directory.GetFiles(SharedData.Require("mr-brain-nrrd"), "*_image.nrrd"))
        {
            var volume = NrrdFile.ReadVolume(image);
            var labels = NrrdFile.ReadLabelMap(image.Replace("_image", "_label", StringComparison.Ordinal));

            VolumeAssert.Same(volume.Geometry, labels.Geometry, 1e-2);
            Assert.Contains(labels.Labels, label => label != 0);
        }
    }

    [Fact]
    public void Key_values_of_a_header_are_kept()
    {
        using var file = File.OpenRead(SharedData.Require("volume-odd", "pynrrd", "BallBinary30x30x30_gz_byteskip_minus_one.nrrd"));

        Assert.Equal(" -1", NrrdFile.ReadHeader(file).KeyValues["byte skip"]);
    }

    private static IEnumerable<string> NiftiFiles(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => path.EndsWith(".nii", StringComparison.Ordinal) || path.EndsWith(".nii.gz", StringComparison.Ordinal) || path.EndsWith(".hdr", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
