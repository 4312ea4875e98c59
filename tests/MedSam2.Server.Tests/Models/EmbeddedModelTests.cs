using MedSam2.Server.Tests.CommandLine;
using MedSam2.TestSupport;
using MedSam2.Training.Evaluation.Reporting;
using Xunit;

namespace MedSam2.Server.Tests.Models;

/// <summary>What the card of the embedded model promises of real images.</summary>
public sealed class EmbeddedModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>21 structures of nine volumes: the four largest of each, in axial stacks, whatever way slices are stored.</summary>
    [Fact]
    public async Task One_box_is_enough_for_the_slice_the_volume_and_where_a_structure_ends()
    {
        Link("one", "abdomen-ct", ["ct-abdomen-dicom", "ct-explicit"], ["ct-abdomen-dicom", "labels.nii.gz"]);
        Link("one", "vertebrae", ["ct-torso-nifti", "torso", "image.nii.gz"], ["ct-torso-nifti", "torso", "vertebrae.nii.gz"]);
        Link("one", "cord-t1", ["mr-spinalcord-nifti", "t1w.nii.gz"], ["mr-spinalcord-nifti", "t1w_seg-manual.nii.gz"]);
        Link("one", "brain1", ["mr-brain-nrrd", "brain1_image.nrrd"], ["mr-brain-nrrd", "brain1_label.nrrd"]);
        Link("two", "torso", ["ct-torso-nifti", "abdomen", "image.nii.gz"], ["ct-torso-nifti", "abdomen", "labels.nii.gz"]);
        Link("two", "abdomen-mr", ["mr-abdomen-nifti", "image.nii.gz"], ["mr-abdomen-nifti", "labels.nii.gz"]);
        Link("two", "cord-t2", ["mr-spinalcord-nifti", "t2.nii.gz"], ["mr-spinalcord-nifti", "t2_seg-manual.nii.gz"]);
        Link("two", "brain2", ["mr-brain-nrrd", "brain2_image.nrrd"], ["mr-brain-nrrd", "brain2_label.nrrd"]);
        Link("two", "breast", ["mr-brain-nrrd", "breast1_image.nrrd"], ["mr-brain-nrrd", "breast1_label.nrrd"]);

        // Minutes for one core, so on two.
        var rows = await Task.WhenAll(EvaluateAsync("one"), EvaluateAsync("two"));
        var table = EvaluationSummary.Of([.. rows.SelectMany(r => r)], stepsTogether: false);
        var slice = table.Single(line => line is { Method: "model", Setting: "prompted slice" });
        var volume = table.Single(line => line is { Method: "model", Setting: "volume" });

        Assert.Equal((21, 21), (slice.Count, volume.Count));
        Assert.InRange(slice.Dice, 0.87, 1);
        Assert.InRange(volume.Dice, 0.64, 1);
        Assert.InRange((double)volume.Slices!.LeftEmpty / volume.Slices.Empty, 0.9, 1);
        Assert.InRange((double)volume.Slices.Found / volume.Slices.Held, 0.75, 1);
        Assert.All(table.Where(line => line.Method != "model"), line => Assert.InRange(line.Dice, 0, (line.Setting == slice.Setting ? slice : volume).Dice - 0.05));
    }

    public void Dispose() => folder.Dispose();

    private async Task<IReadOnlyList<EvaluationRow>> EvaluateAsync(string half)
    {
        var answer = await Medsam2.RunAsync(
            "evaluate", "--protocol", "3d-one-prompt", "--structures", "4", "--axis", "Axial", "--closer-look", "--json",
            "--images", folder.File(half, "images"), "--labels", folder.File(half, "labels"));
        Assert.True(answer.ExitCode == 0, answer.Errors);
        return EvaluationReport.FromJson(answer.Output).Rows;
    }

    private void Link(string half, string name, string[] image, string[] labels)
    {
        foreach (var (kind, source) in (ReadOnlySpan<(string, string)>)[("images", SharedData.Require(image)), ("labels", SharedData.Require(labels))])
        {
            var ending = Path.GetFileName(source) is var file && file.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? file[dot..] : "";
            Directory.CreateDirectory(folder.File(half, kind));
            File.CreateSymbolicLink(folder.File(half, kind, name + ending), source);
        }
    }
}
