using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.TestSupport;
using MedSam2.Training.Evaluation;
using MedSam2.Training.Evaluation.Protocols;
using MedSam2.Training.Evaluation.Reporting;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class ProtocolTests : IDisposable
{
    private static readonly EvaluationOptions Options = new() { Orders = 2, Corrections = 2, PromptCounts = [1, 2], Tracking = new() { ConfidenceThreshold = 0 } };
    private readonly SegmentationModel model = SegmentationModel.Load(RepositoryPaths.NanoModel);

    [Fact]
    public void One_prompt_in_a_volume_is_answered_on_its_slice_and_in_the_volume_by_all()
    {
        var report = Run("3d-one-prompt", [Ball("a", 6), Ball("b", 5)]);
        Assert.Equal(
            ["prompted slice/model", "prompted slice/box filled", "prompted slice/ellipse in box", "prompted slice/Otsu in box", "volume/model", "volume/box filled", "volume/ellipse in box", "volume/Otsu in box", "volume/region growing"],
            report.Summaries.Select(s => $"{s.Setting}/{s.Method}"));
        Assert.All(report.Summaries, s => Assert.Equal(2, s.Count));
        // Both balls lie on all five slices, of which one is prompted; a box stacked over all finds them there.
        Assert.Equal(new SlicePresence(0, 0, 8, 8), report.Summaries.Single(s => s.Setting == "volume" && s.Method == "box filled").Slices);
        Assert.All(report.Summaries, s => Assert.Equal(s.Setting == "volume", s.Slices is not null));
        Assert.All(report.Summaries.Where(s => s.Method == "Otsu in box" && s.Setting == "prompted slice"), s => Assert.Equal(1, s.Dice, 1e-9));
    }

    [Fact]
    public void The_true_mask_as_a_prompt_is_right_on_its_slice()
    {
        var report = Run("3d-one-prompt", [Ball("a", 6)], Options with { Prompt = PromptKind.Mask });
        Assert.Equal(1, report.Summaries.Single(s => s.Setting == "prompted slice" && s.Method == "model").Dice);
    }

    [Fact]
    public void A_set_is_shown_in_several_orders_and_the_prompted_picture_does_not_count()
    {
        var report = Run("2d-one-prompt", [Disc("a", 40, 9), Disc("b", 52, 12), Disc("c", 64, 10)]);
        var rows = report.Rows.Where(r => r.Method == "model").ToList();
        Assert.Equal([("a", 0), ("a", 1), ("c", 0), ("c", 1)], rows.Select(r => (r.Case, r.Step)).Order());
        Assert.Equal(["model", "model, order as given", "box filled", "ellipse in box", "Otsu in box", "grey range"], report.Summaries.Select(s => s.Method));
        // By similarity the order in which pictures are given changes nothing.
        Assert.Equal(0, report.Summaries[0].DiceSpread, 1e-12);
        Assert.InRange(report.Summaries.Single(s => s.Method == "grey range").Dice, 0.99, 1);
    }

    [Fact]
    public void Corrections_are_counted_for_the_slice_and_the_volume()
    {
        var report = Run("interactive", [Ball("a", 6)]);
        Assert.Equal(
            [("prompted slice", 0), ("prompted slice", 1), ("prompted slice", 2), ("volume", 0), ("volume", 1), ("volume", 2)],
            report.Rows.Where(r => r.Method == "model").Select(r => (r.Setting, r.Step)).Order());
        Assert.Contains(report.Rows, r => r.Method == "region growing" && r.Dice > 0.5);
    }

    [Fact]
    public void Prompts_are_spread_over_the_structure()
    {
        Assert.Equal([5], PromptFrequency.Spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1));
        Assert.Equal([2, 7], PromptFrequency.Spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2));
        Assert.Equal([0, 1, 2], PromptFrequency.Spread([0, 1, 2], 3));
        var report = Run("prompt-frequency", [Ball("a", 6)]);
        Assert.Equal([1, 2], report.Rows.Where(r => r.Method == "SAM 2").Select(r => r.Step));
    }

    [Fact]
    public void The_ablation_adds_the_parts_one_by_one()
    {
        var report = Run("ablation", [Ball("a", 6)]);
        Assert.Equal(
            ["+ resampling (MedSAM-2)", "+ dissimilarity", "threshold", "first in, first out (SAM 2)", "box filled", "ellipse in box", "Otsu in box", "region growing"],
            report.Summaries.Select(s => s.Method));
    }

    [Fact]
    public void The_memory_is_followed_from_its_second_slice_on()
    {
        var report = Run("memory-diversity", [Ball("a", 6)]);
        Assert.All(report.Traces, t => Assert.InRange(t.Value, 0, 5));
        foreach (var method in report.Traces.GroupBy(t => t.Method))
            Assert.Equal(Enumerable.Range(method.Min(t => t.Step), method.Count()), method.Select(t => t.Step));
        Assert.Contains(report.Traces, t => t.Method.StartsWith("first in", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_evaluation_gives_the_same_report_and_survives_json()
    {
        EvaluationReport first = Run("3d-one-prompt", [Ball("a", 6)]), second = Run("3d-one-prompt", [Ball("a", 6)]);
        Assert.Equal(first.Rows, second.Rows);
        Assert.Equal(first.Rows, EvaluationReport.FromJson(first.ToJson()).Rows);
    }

    [Fact]
    public void Pictures_and_volumes_are_told_apart()
    {
        Assert.Contains("is a volume", Assert.Throws<EvaluationException>(() => Run("2d-one-prompt", [Ball("a", 6)])).Message, StringComparison.Ordinal);
        Assert.Contains("single picture", Assert.Throws<EvaluationException>(() => Run("ablation", [Disc("a", 40, 9)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_without_a_usable_structure_are_told() =>
        Assert.Contains("1 images", Assert.Throws<EvaluationException>(() => Run("3d-one-prompt", [Ball("a", 1)])).Message, StringComparison.Ordinal);

    public void Dispose() => model.Dispose();

    private EvaluationReport Run(string protocol, EvaluationCase[] cases, EvaluationOptions? options = null) => Evaluator.Run(
        Protocol.Find(protocol)!,
        model,
        [.. cases.Select(c => new EvaluationCaseSource(c.Name, _ => c))],
        options ?? Options,
        cancellation: TestContext.Current.CancellationToken);

    private static EvaluationCase Ball(string name, int radius) => Make(name, 32, 5, radius);

    private static EvaluationCase Disc(string name, int size, int radius) => Make(name, size, 1, radius);

    private static EvaluationCase Make(string name, int size, int slices, int radius)
    {
        var geometry = new VolumeGeometry(size, size, slices, new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 2), Vector3D.Zero));
        var (values, labels) = (new float[geometry.VoxelCount], new LabelMap(geometry));
        for (var n = 0; n < values.Length; n++)
        {
            var (i, j, k) = ((n % size) - (size / 2), (n / size % size) - (size / 2), n / (size * size) - (slices / 2));
            var inside = (i * i) + (j * j) + (4 * k * k) <= radius * radius;
            labels.Labels[n] = inside ? (byte)1 : (byte)0;
            values[n] = (inside ? 180 : 40) + (n * 7 % 20);
        }

        return new(name, new Volume(geometry, new Float32Voxels(values), window: new IntensityWindow(0, 255)), labels);
    }
}
