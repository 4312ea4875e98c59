using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using MedSam2.Training.FineTuning;
using MedSam2.Training.Fitting;
using MedSam2.Training.Logging;
using Xunit;

namespace MedSam2.Training.Tests.FineTuning;

public class FineTuneTests
{
    private static readonly FineTuneOptions Short = new()
    {
        Trainer = new() { Steps = 5, WarmUp = 1, LearningRate = 1e-3, Parts = TrainedParts.WithoutEncoder, CheckpointEvery = 2 },
        Batches = new() { SlicesPerBatch = 2, MaxObjects = 1, Lengths = [1, 2], Variants = 2 },
        ValidationShare = 0.3,
    };

    [Fact]
    public void A_run_ends_with_a_model_that_loads_and_with_its_curves()
    {
        using var folder = new TemporaryFolder();
        var start = LabelledVolumes.SaveToy(folder.File("toy"));
        var run = new FineTune(start, LabelledVolumes.Sources(6), Short, folder.File("run"));
        var reports = new List<FineTuneProgress>();

        var model = run.Run(reports.Add, cancellation: TestContext.Current.CancellationToken);

        var trained = Sam2Weights.Find(model);
        Assert.NotEqual(start.Sha256, trained.Sha256);
        using (var weights = Checkpoint.Open(trained.Path))
            Assert.Equal(start.Sha256, weights.Metadata["trained_from"]);
        trained.Load().Dispose();
        Assert.Equal([1, 2, 3, 4, 5], reports.Select(r => r.Done));
        var (columns, rows) = TrainingLog.Read(folder.File("run", TrainingLog.FileName));
        Assert.Equal(["step", "loss"], columns[..2]);
        Assert.Equal([0.0, 1, 2, 3, 4], rows.Select(r => r[0]));
        Assert.Equal(reports.Select(r => r.Last.Loss.TotalValue), rows.Select(r => r[1]), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Contains(Directory.GetFiles(folder.File("run")), f => Path.GetFileName(f).Contains("tfevents", StringComparison.Ordinal) && new FileInfo(f).Length > 500);
        Assert.Empty(Directory.GetFiles(folder.File("run"), "features-*"));
    }

    [Fact]
    public void A_run_that_was_broken_off_ends_with_the_same_weights_and_curves()
    {
        using var folder = new TemporaryFolder();
        var start = LabelledVolumes.SaveToy(folder.File("toy"));
        using var stop = new CancellationTokenSource();
        string Run(string name, Action<FineTuneProgress> report, CancellationToken cancellation) =>
            Sam2Weights.Find(new FineTune(start, LabelledVolumes.Sources(6), Short, folder.File(name)).Run(report, cancellation: cancellation)).Sha256;
        var whole = Run("whole", _ => { }, CancellationToken.None);

        // As a kill does: nothing is saved of the step in hand, and the log is ahead of the checkpoint.
        Assert.Throws<InvalidOperationException>(() => Run("parts", r => { if (r.Done == 3) throw new InvalidOperationException("killed"); }, CancellationToken.None));
        Assert.Throws<OperationCanceledException>(() => Run("parts", r => { if (r.Done == 4) stop.Cancel(); }, stop.Token));
        var resumed = Run("parts", _ => { }, CancellationToken.None);

        Assert.Equal(whole, resumed);
        Assert.Equal(File.ReadAllText(folder.File("whole", TrainingLog.FileName)), File.ReadAllText(folder.File("parts", TrainingLog.FileName)));
    }

    [Fact]
    public void A_folder_is_not_gone_on_with_under_other_wishes()
    {
        using var folder = new TemporaryFolder();
        var start = LabelledVolumes.SaveToy(folder.File("toy"));
        new FineTune(start, LabelledVolumes.Sources(4), Short with { Trainer = Short.Trainer with { Steps = 1 } }, folder.File("run")).Run(_ => { });

        var error = Assert.Throws<TrainingException>(() => new FineTune(start, LabelledVolumes.Sources(4), Short, folder.File("run")).Run(_ => { }));

        Assert.Contains("Name another folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_the_options_are_told_at_once()
    {
        using var folder = new TemporaryFolder();
        var start = LabelledVolumes.SaveToy(folder.File("toy"));
        var wrong = Short with { ValidationShare = 2, Trainer = Short.Trainer with { Steps = 0, LearningRate = double.NaN } };

        var error = Assert.Throws<TrainingException>(() => new FineTune(start, LabelledVolumes.Sources(4), wrong, folder.File("run")));

        Assert.Contains("steps is 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("learning rate is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("validation share is 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("no labelled image", Assert.Throws<TrainingException>(() => new FineTune(start, [], Short, folder.File("run"))).Message, StringComparison.Ordinal);
    }
}
