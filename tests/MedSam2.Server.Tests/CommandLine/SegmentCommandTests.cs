using System.Text.Json;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Images;
using MedSam2.Server.Method;
using MedSam2.Server.Segmentation;
using MedSam2.TestSupport;
using SkiaSharp;
using Xunit;

namespace MedSam2.Server.Tests.CommandLine;

public sealed class SegmentCommandTests : IDisposable
{
    private static readonly VolumeGeometry Grid = new(40, 32, 6, new(new(1, 0, 0), new(0, 1.5, 0), new(0, 0, 3), new(-20, 5, 100)));
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mask.nii.gz")]
    [InlineData("mask.nrrd")]
    public async Task A_mask_lies_on_its_image_and_the_report_counts_it(string name)
    {
        var output = folder.File(name);
        var answer = await Medsam2.RunAsync("segment", WriteBall(), "--box", "12,8,28,24", "--slice", "3", "-o", output, "--json");

        Assert.True(answer.ExitCode == 0, answer.Errors);
        var mask = name.EndsWith("nrrd", StringComparison.Ordinal) ? NrrdFile.ReadLabelMap(output) : NiftiFile.ReadLabelMap(output);
        Assert.Equal(Grid.IjkToLps.Origin, mask.Geometry.IjkToLps.Origin);
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal(mask.Count(1), json.RootElement.GetProperty("voxels").GetInt64());
        Assert.Equal(mask.Count(1) * 4.5 / 1000, json.RootElement.GetProperty("millilitres").GetDouble(), 1e-9);
        Assert.NotEqual(0, mask.ReadSlice(SliceAxis.K, 3, 1).Count());
    }

    [Theory]
    [InlineData("lung", -1350, 150)]
    [InlineData("500,1000", 0, 1000)]
    public async Task The_window_may_be_named_and_is_reported(string window, float low, float high)
    {
        var answer = await Medsam2.RunAsync("segment", WriteBall(), "--box", "12,8,28,24,3", "--window", window, "--prompted-only", "-o", folder.File("mask.nii"), "--json");

        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal([low, high], json.RootElement.GetProperty("window").EnumerateArray().Select(end => end.GetSingle()));
    }

    [Fact]
    public async Task How_the_model_remembers_may_be_said_and_is_reported()
    {
        string[] segment = ["segment", WriteBall(), "--box", "12,8,28,24,3", "--prompted-only", "-o", folder.File("mask.nii"), "--force", "--json"];
        Assert.EndsWith(
            "bank released, capacity 4, threshold 0.1; resampling stochastic, temperature 0.5, seed 7; orientations axial; closer look",
            await MethodAsync("--bank", "released", "--capacity", "4", "--threshold", "0.1", "--resampling", "stochastic", "--temperature", "0.5", "--seed", "7", "--closer-look"),
            StringComparison.Ordinal);
        var plain = new IntensityWindow(0, 1);
        Assert.EndsWith(
            "bank self-sorting, capacity 6, threshold 0.2; resampling expected, temperature 1, seed 0; orientations axial",
            MethodRecord.Describe(new MethodChoice().Over(new()), default, plain),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "bank fifo; resampling none; orientations axial",
            MethodRecord.Describe(new MethodChoice { Bank = MethodNames.Banks.Find("FIFO"), Resampling = MemoryResampling.Expected }.Over(new()), default, plain),
            StringComparison.Ordinal);
        var refused = await Medsam2.RunAsync([.. segment, "--bank", "largest"]);
        Assert.Contains("--bank is 'largest', but can be \"self-sorting\", \"fifo\", \"threshold\" or \"released\".", refused.Errors, StringComparison.Ordinal);

        async Task<string> MethodAsync(params string[] options)
        {
            var answer = await Medsam2.RunAsync([.. segment, .. options]);
            Assert.True(answer.ExitCode == 0, answer.Errors);
            using var json = JsonDocument.Parse(answer.Output);
            return json.RootElement.GetProperty("method").GetString()!;
        }
    }

    [Fact]
    public async Task A_closer_look_gives_another_mask()
    {
        var (image, plain, closer) = (WriteBall(), folder.File("plain.nii"), folder.File("closer.nii"));
        var answer = await Medsam2.RunAsync("segment", image, "--box", "18,14,22,18,3", "-o", plain);
        Assert.True(answer.ExitCode == 0, answer.Errors);
        answer = await Medsam2.RunAsync("segment", image, "--box", "18,14,22,18,3", "--closer-look", "-o", closer);
        Assert.True(answer.ExitCode == 0, answer.Errors);

        Assert.NotEqual(NiftiFile.ReadLabelMap(plain).Labels, NiftiFile.ReadLabelMap(closer).Labels);
    }

    [Fact]
    public async Task Other_orientations_give_other_masks_on_the_same_grid()
    {
        var image = WriteBall();
        HashSet<string> masks = []; // the box is loose on slice 1, so that the passes disagree
        foreach (var choice in (string[])["axial", "triplanar", "six"])
        {
            var output = folder.File($"{choice}.nii");
            var answer = await Medsam2.RunAsync("segment", image, "--box", "12,8,28,24,1", "--orientations", choice, "--model", SmallNano.Folder, "-o", output);
            Assert.True(answer.ExitCode == 0, answer.Errors);
            var mask = NiftiFile.ReadLabelMap(output);
            Assert.Equal(Grid with { IjkToLps = mask.Geometry.IjkToLps }, mask.Geometry);
            Assert.NotEqual(0, mask.Count(1));
            masks.Add(Convert.ToHexString(mask.Labels));
        }

        Assert.Equal(3, masks.Count);
        var refused = await Medsam2.RunAsync("segment", image, "--box", "12,8,28,24,3", "--orientations", "seven", "-o", folder.File("mask.nii"));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("seven", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompted_only_leaves_the_other_slices_empty()
    {
        var output = folder.File("mask.nii");
        var answer = await Medsam2.RunAsync("segment", WriteBall(), "--box", "12,8,28,24,3", "--exclude", "2,2,3", "--prompted-only", "-o", output);
        Assert.True(answer.ExitCode == 0, answer.Errors);
        var mask = NiftiFile.ReadLabelMap(output);
        Assert.Equal([3], Enumerable.Range(0, 6).Where(k => mask.ReadSlice(SliceAxis.K, k, 1).Count() > 0));
    }

    [Fact]
    public async Task A_picture_gives_a_picture_of_its_size()
    {
        var picture = SharedData.Require("img2d-ultrasound", "images");
        var source = Directory.GetFiles(picture, "*.png").Order(StringComparer.Ordinal).First();
        var answer = await Medsam2.RunAsync("segment", source, "--point", "100,90", "-o", folder.File("mask.png"));
        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var image = SKBitmap.Decode(source);
        using var mask = SKBitmap.Decode(folder.File("mask.png"));
        Assert.Equal((image.Width, image.Height), (mask.Width, mask.Height));
        Assert.All(mask.Pixels.Select(p => p.Red).Distinct(), level => Assert.True(level is 0 or 255));
    }

    [Fact]
    public async Task A_dicom_series_gives_a_segmentation_that_lies_on_it()
    {
        var series = SharedData.Require("ct-abdomen-dicom", "ct-explicit");
        string[] prompt = ["segment", series, "--box", "90,150,250,330", "--slice", "9", "--name", "liver"];
        var dicom = await Medsam2.RunAsync([.. prompt, "-o", folder.File("liver.dcm")]);
        var nifti = await Medsam2.RunAsync([.. prompt, "-o", folder.File("liver.nii.gz")]);

        Assert.True(dicom.ExitCode == 0, dicom.Errors);
        Assert.True(nifti.ExitCode == 0, nifti.Errors);
        var source = Directory.GetFiles(series).Select(f => DicomFile.Open(f).Dataset)
            .OrderBy(d => d.GetValue<double>(DicomTag.ImagePositionPatient, 2)).ToList();
        var read = SegmentationReader.Open(DicomFile.Open(folder.File("liver.dcm")).Dataset).AlignTo(source);
        var expected = NiftiFile.ReadLabelMap(folder.File("liver.nii.gz"));
        var mask = new byte[read.Rows * read.Columns];
        for (var k = 0; k < read.SliceCount; k++)
        {
            read.ReadMask(1, k, mask);
            Assert.Equal(expected.ReadSlice(SliceAxis.K, k, 1).Pixels, mask);
        }
    }

    [Fact]
    public async Task A_label_map_is_stored_and_a_part_read_where_they_are_asked_for()
    {
        string[] prompt = ["segment", SharedData.Require("ct-abdomen-dicom", "ct-explicit"), "--box", "90,150,250,330", "--slice", "9", "--prompted-only", "-o", folder.File("liver.dcm")];
        var stored = await Medsam2.RunAsync([.. prompt, "--label-map"]);
        var refused = await Medsam2.RunAsync([.. prompt, "--part", "2", "--force"]);

        Assert.True(stored.ExitCode == 0, stored.Errors);
        Assert.Equal(SegmentationEncoding.LabelMap, SegmentationReader.Open(DicomFile.Open(folder.File("liver.dcm")).Dataset).Encoding);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Choose 1 to 1", refused.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A prompt names no slice", "--point", "20,16", "-o", "OUT.nii")]
    [InlineData("Nothing says where the object is", "--exclude", "20,16,3", "-o", "OUT.nii")]
    [InlineData("--axis is 'z', but can be", "--point", "20,16,3", "--axis", "z", "-o", "OUT.nii")]
    [InlineData("lies outside", "--point", "200,16,3", "-o", "OUT.nii")]
    [InlineData("slices 0 to 5", "--point", "20,16,9", "-o", "OUT.nii")]
    [InlineData("--point takes X,Y[,SLICE]", "--point", "20", "-o", "OUT.nii")]
    [InlineData("DICOM SEG needs DICOM images", "--point", "20,16,3", "-o", "OUT.dcm")]
    [InlineData("--window takes CENTRE,WIDTH", "--point", "20,16,3", "--window", "milk", "-o", "OUT.nii")]
    [InlineData("ending must be one of", "--point", "20,16,3", "-o", "OUT.mha")]
    public async Task What_cannot_be_done_is_told_in_one_line(string message, params string[] arguments)
    {
        var answer = await Medsam2.RunAsync(["segment", WriteBall(), .. arguments.Select(a => a.Replace("OUT", folder.File("mask"), StringComparison.Ordinal))]);
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains(message, Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
        Assert.Equal([folder.File("ball.nii.gz")], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task What_is_there_is_not_written_over_unless_that_is_wished()
    {
        var (image, mask) = (WriteBall(), folder.File("mask.nii"));
        var before = await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken);
        Directory.CreateDirectory(folder.File("folder.nii"));
        await File.WriteAllTextAsync(mask, "somebody's", TestContext.Current.CancellationToken);
        foreach (var (output, cause) in ((string, string)[])
            [(image, "over the image itself"), (mask, "--force"), (folder.File("folder.nii"), "is a folder"), ("/proc/mask.nii", "cannot be written")])
        {
            Assert.Contains(cause, Assert.Throws<VerbException>(() => MaskOutput.CheckPlace(output, image, replace: false)).Message, StringComparison.Ordinal);
        }

        var refused = await Medsam2.RunAsync("segment", image, "--box", "12,8,28,24,3", "-o", image);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("over the image itself", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken));
        Assert.Equal("somebody's", await File.ReadAllTextAsync(mask, TestContext.Current.CancellationToken));
        var replaced = await Medsam2.RunAsync("segment", image, "--box", "12,8,28,24,3", "--prompted-only", "--model", SmallNano.Folder, "-o", mask, "--force");
        Assert.True(replaced.ExitCode == 0, replaced.Errors);
        Assert.NotEqual(0, NiftiFile.ReadLabelMap(mask).Count(1));
    }

    [Theory]
    [InlineData("z.dcm", "", "z.dcm: the file is empty")]
    [InlineData("IM0099", "", "IM0099: the file is empty")]
    [InlineData("z.dcm", "cut", "z.dcm: the file is no DICOM file")]
    [InlineData("notes.txt", "a text", null)]
    public async Task A_slice_whose_copy_failed_is_named_and_not_left_out(string name, string content, string? said)
    {
        var series = Directory.CreateDirectory(folder.File("series")).FullName;
        TestSeries.WriteTo(series);
        await File.WriteAllTextAsync(Path.Combine(series, name), content, Stop);

        if (said is null)
            Assert.NotNull(ImageFile.Read(series, Stop).Series);
        else
            Assert.Contains(said, Assert.Throws<VerbException>(() => ImageFile.Read(series, Stop)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_slice_alone_is_asked_in_its_own_plane_whatever_the_orientations()
    {
        var image = folder.File("slice.nii");
        var whole = NiftiFile.ReadVolume(WriteBall());
        var pixels = new float[Grid.Columns * Grid.Rows];
        whole.ReadSlice(SliceAxis.K, 3, pixels);
        NiftiFile.Write(image, new Volume(Grid with { Slices = 1 }, new Float32Voxels(pixels)));
        List<byte[]> masks = [];
        foreach (var choice in (string[])["axial", "six"])
        {
            var answer = await Medsam2.RunAsync("segment", image, "--box", "12,8,28,24", "--orientations", choice, "--model", SmallNano.Folder, "-o", folder.File($"{choice}.nii"));
            Assert.True(answer.ExitCode == 0, answer.Errors);
            masks.Add(NiftiFile.ReadLabelMap(folder.File($"{choice}.nii")).Labels);
        }

        Assert.Equal(masks[0], masks[1]);
    }

    public void Dispose() => folder.Dispose();

    private string WriteBall()
    {
        var voxels = new short[Grid.VoxelCount];
        for (var n = 0; n < voxels.Length; n++)
        {
            var (i, j, k) = (n % 40, n / 40 % 32, n / 1280);
            voxels[n] = (short)(((i - 20) * (i - 20)) + ((j - 16) * (j - 16)) + (4 * (k - 3) * (k - 3)) <= 64 ? 900 : 100 + ((i * 7) + (j * 13) + (k * 5)) % 40);
        }

        var path = folder.File("ball.nii.gz");
        NiftiFile.Write(path, new Volume(Grid, new Int16Voxels(voxels)));
        return path;
    }
}
