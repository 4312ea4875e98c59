using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Wire;
using MedSam2.TestSupport;
using MedSam2.Training.Evaluation.Protocols;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>
/// What scribbles and lassos become, on real images: a scribble tells the network more than a click in the middle of the same
/// stroke, a lasso more than a click on the structure's deepest pixel.
/// </summary>
public sealed class GestureTests
{
    private static readonly (string Image, string Labels)[] Images =
    [
        ("ct-torso-nifti/abdomen/image.nii.gz", "ct-torso-nifti/abdomen/labels.nii.gz"),
        ("mr-abdomen-nifti/image.nii.gz", "mr-abdomen-nifti/labels.nii.gz"),
        ("mr-spinalcord-nifti/t2.nii.gz", "mr-spinalcord-nifti/t2_seg-manual.nii.gz"),
    ];

    [Fact]
    public void Scribbles_and_lassos_do_better_than_clicks_on_real_structures()
    {
        using var model = SegmentationModel.Load(RepositoryPaths.NanoModel);
        List<Scores> scores = [];
        foreach (var (image, labels) in Images)
            scores.AddRange(Score(model, image, labels));

        Assert.InRange(scores.Count, 20, 100);
        var text = FormattableString.Invariant(
            $"{scores.Count} structures, mean Dice: click in the stroke's middle {Mean(s => s.MiddleOfStroke):f3}, scribble {Mean(s => s.Scribble):f3}; click on the deepest pixel {Mean(s => s.Deepest):f3}, lasso {Mean(s => s.Lasso):f3}");
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Assert.True(Mean(s => s.Scribble) > Mean(s => s.MiddleOfStroke), text);
        Assert.True(Mean(s => s.Lasso) > Mean(s => s.Deepest), text);

        double Mean(Func<Scores, double> of) => scores.Average(of);
    }

    private static IEnumerable<Scores> Score(SegmentationModel model, string image, string labels)
    {
        var volume = NiftiFile.ReadVolume(SharedData.Require(image.Split('/')));
        var map = NiftiFile.ReadLabelMap(SharedData.Require(labels.Split('/'))).LayOnto(volume.Geometry);
        using var session = new VolumeSession(model, volume);
        var id = 0;
        foreach (var structure in Structure.Select(new(image, volume, map), new() { LeastPixels = 40, MostStructures = 14 }))
        {
            var truth = ConnectedComponents.Largest(structure.TruthAt(structure.Index));
            double k = structure.Index;
            var (x, y) = DrawnLines.Middle(truth);
            var stroke = Voxels(DrawnLines.Scribble(truth));
            yield return new(
                Ask(new() { Points = [new() { At = stroke[stroke.Length / 2] }] }),
                Ask(new() { Scribbles = [new() { Line = stroke }] }),
                Ask(new() { Points = [new() { At = [x, y, k] }] }),
                Ask(new() { Lasso = Voxels(DrawnLines.Lasso(truth, away: 2)) }));

            double[][] Voxels(IEnumerable<(double X, double Y)> line) => [.. line.Select(p => (double[])[p.X, p.Y, k])];

            double Ask(PromptRequest request) =>
                Overlap.Dice(session.Prompt(++id, PromptReader.Read(request with { Index = structure.Index }, volume.Geometry)).Mask, truth);
        }
    }

    private sealed record Scores(double MiddleOfStroke, double Scribble, double Deepest, double Lasso);
}
