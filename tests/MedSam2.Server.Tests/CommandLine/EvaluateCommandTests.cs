using MedSam2.Server.Evaluation;
using MedSam2.Server.Images;
using MedSam2.TestSupport;
using MedSam2.Training.Evaluation.Reporting;
using Xunit;

namespace MedSam2.Server.Tests.CommandLine;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_folder_of_volumes_gives_table_report_and_plots()
    {
        var source = SharedData.Require("mr-brain-nrrd");
        foreach (var name in (string[])["breast1_image.nrrd", "breast1_label.nrrd", "brain2_image.nrrd"])
            File.CreateSymbolicLink(folder.File(name), Path.Combine(source, name));
        var output = folder.File("report");
        var answer = await Medsam2.RunAsync("evaluate", "--protocol", "3d-one-prompt", "--images", folder.Path, "--labels", folder.Path, "--output", output);

        Assert.True(answer.ExitCode == 0, answer.Errors);
        Assert.Contains("| volume         | model", answer.Output, StringComparison.Ordinal);
        Assert.Contains("| left empty", answer.Output, StringComparison.Ordinal);
        Assert.Contains("brain2_image.nrrd", Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
        var report = EvaluationReport.FromJson(await File.ReadAllTextAsync(Path.Combine(output, "3d-one-prompt.json"), TestContext.Current.CancellationToken));
        Assert.Equal("breast1_image.nrrd", Assert.Single(report.Rows.Select(r => r.Case).Distinct()));
        Assert.Equal(
            ["3d-one-prompt-prompted-slice.png", "3d-one-prompt-volume.png", "3d-one-prompt.json", "3d-one-prompt.md"],
            Directory.GetFiles(output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_damaged_image_is_named_and_left_out_and_the_others_are_measured()
    {
        var source = SharedData.Require("mr-brain-nrrd");
        foreach (var name in (string[])["breast1_image.nrrd", "breast1_label.nrrd", "brain2_label.nrrd"])
            File.CreateSymbolicLink(folder.File(name), Path.Combine(source, name));
        var whole = await File.ReadAllBytesAsync(Path.Combine(source, "brain2_image.nrrd"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder.File("brain2_image.nrrd"), whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        string[] evaluate = ["evaluate", "--protocol", "3d-one-prompt", "--images", folder.Path, "--labels", folder.Path, "--model", SmallNano.Folder, "--json"];
        var answer = await Medsam2.RunAsync(evaluate);

        Assert.True(answer.ExitCode == 0, answer.Errors);
        Assert.Contains("Left out: brain2_image.nrrd: ", Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
        var report = EvaluationReport.FromJson(answer.Output);
        Assert.Equal(1, report.Cases);
        Assert.StartsWith("brain2_image.nrrd: ", Assert.Single(report.LeftOut), StringComparison.Ordinal);

        // Where nothing can be written is told before anything is measured.
        var refused = await Medsam2.RunAsync([.. evaluate, "--output", folder.File("brain2_image.nrrd")]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Name another folder with --output.", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orientations_change_the_volume_and_not_the_prompted_slice()
    {
        var source = SharedData.Require("mr-brain-nrrd");
        string[] evaluate =
        [
            "evaluate", "--protocol", "3d-one-prompt", "--json", "--model", SmallNano.Folder,
            "--images", Path.Combine(source, "breast1_image.nrrd"), "--labels", Path.Combine(source, "breast1_label.nrrd"),
        ];
        var plane = await Medsam2.RunAsync(evaluate);
        var three = await Medsam2.RunAsync([.. evaluate, "--orientations", "triplanar"]);

        Assert.True(plane.ExitCode == 0, plane.Errors);
        Assert.True(three.ExitCode == 0, three.Errors);
        Assert.NotEqual(Dice(plane.Output, "volume"), Dice(three.Output, "volume"));
        Assert.Equal(Dice(plane.Output, "prompted slice"), Dice(three.Output, "prompted slice"));

        static double Dice(string json, string setting) =>
            Assert.Single(EvaluationReport.FromJson(json).Rows, r => r.Method == "model" && r.Setting == setting).Dice;
    }

    [Fact]
    public async Task A_volume_that_is_stored_in_sagittal_slices_can_be_walked_from_the_feet_to_the_head()
    {
        var source = SharedData.Require("mr-spinalcord-nifti");
        string[] evaluate =
        [
            "evaluate", "--protocol", "3d-one-prompt", "--json", "--model", SmallNano.Folder,
            "--images", Path.Combine(source, "t2.nii.gz"), "--labels", Path.Combine(source, "t2_seg-manual.nii.gz"),
        ];
        var stored = await Medsam2.RunAsync(evaluate);
        var axial = await Medsam2.RunAsync([.. evaluate, "--axis", "Axial"]);

        // Across, a cord is round; along, it is a strip.
        Assert.True(axial.ExitCode == 0, axial.Errors);
        Assert.InRange(Ellipse(axial), 0.95, 1);
        Assert.InRange(Ellipse(stored), 0.7, 0.9);

        static double Ellipse(Answer answer) =>
            Assert.Single(EvaluationReport.FromJson(answer.Output).Rows, r => r.Method == "ellipse in box" && r.Setting == "prompted slice").Dice;
    }

    [Fact]
    public void A_dicom_series_meets_its_nifti_labels()
    {
        var series = SharedData.Require("ct-abdomen-dicom", "ct-explicit");
        var cases = EvaluationCases.Find(series, SharedData.Require("ct-abdomen-dicom", "labels.nii.gz"), merge: false);
        var read = Assert.Single(cases.Sources).Read(TestContext.Current.CancellationToken);
        // Liver is brighter than air: the labels would fall on other tissue if they were mirrored.
        var inside = read.Labels.Labels.Select((label, n) => (label, n)).Where(v => v.label == 5).Select(v => read.Volume.Voxels[v.n]).ToArray();
        Assert.Equal(366_708, inside.Length);
        Assert.InRange(inside.Average(), 60, 140);
    }

    [Fact]
    public void Instance_pictures_are_counted_as_their_index_says()
    {
        var index = File.ReadAllLines(SharedData.Require("img2d-nuclei", "index.tsv")).Skip(1).Select(line => line.Split('\t')).First();
        var (width, height, values) = PngLabelFile.Read(SharedData.Require("img2d-nuclei", "labels", index[0]));
        Assert.Equal((index[3], index[2]), ($"{width}", $"{height}"));
        Assert.Equal(index[4], $"{values.Where(v => v > 0).Distinct().Count()}");
        Assert.Equal(index[5], $"{values.Count(v => v > 0)}");
    }

    [Fact]
    public void Palette_pictures_give_their_indices()
    {
        var picture = Directory.GetFiles(SharedData.Require("img2d-ultrasound", "masks")).Order(StringComparer.Ordinal).First();
        var (_, _, values) = PngLabelFile.Read(picture);
        Assert.Subset(new HashSet<ushort> { 0, 1, 2 }, values.ToHashSet());
        Assert.Contains((ushort)1, values);
    }

    [Theory]
    [InlineData("t2.nii.gz", "t2_seg-manual.nii.gz", true)]
    [InlineData("case7/image.nii.gz", "case7/label.nii.gz", true)]
    [InlineData("case7", "case7_labels.nii.gz", true)]
    [InlineData("liver_001_0000.nii.gz", "liver_001.nii.gz", true)]
    [InlineData("a/1.png", "b/1.png", false)]
    [InlineData("t2.nii.gz", "t2s_label.nii.gz", false)]
    public void Labels_go_with_the_image_of_their_name(string image, string labels, bool together) =>
        Assert.Equal(together, CaseNames.Key(image) == CaseNames.Key(labels));

    [Theory]
    [InlineData("no protocol 'x'", "--protocol", "x", "--images", ".", "--labels", ".")]
    [InlineData("no file or folder /nowhere", "--protocol", "ablation", "--images", "/nowhere", "--labels", ".")]
    [InlineData("No image in", "--protocol", "ablation", "--images", "EMPTY", "--labels", "EMPTY")]
    public async Task What_cannot_be_evaluated_is_told_in_one_line(string message, params string[] arguments)
    {
        var answer = await Medsam2.RunAsync(["evaluate", .. arguments.Select(a => a == "EMPTY" ? folder.Path : a)]);
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains(message, Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_times_every_step()
    {
        var answer = await Medsam2.RunAsync("bench", "--slices", "4", "--json");
        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var json = System.Text.Json.JsonDocument.Parse(answer.Output);
        Assert.Equal(5, json.RootElement.GetProperty("steps").EnumerateArray().Count(s => s.GetProperty("milliseconds").GetDouble() > 0));
    }

    public void Dispose() => folder.Dispose();
}
