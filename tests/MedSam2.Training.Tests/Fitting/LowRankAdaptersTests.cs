using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Fitting;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Fitting;

public class LowRankAdaptersTests
{
    private const double Scale = 2;

    [Fact]
    public void Their_gradients_are_those_that_autograd_finds()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var weight = new Parameter(randn(6, 5));
        var start = weight.detach().clone();
        var input = randn(4, 5);
        using var adapters = new LowRankAdapters([("w", weight)], rank: 2, Scale, seed: 1);
        var (a, b) = (adapters.Parameters.First().Value, adapters.Parameters.Last().Value);
        using (no_grad())
            b.normal_();
        adapters.Merge();

        nn.functional.linear(input, weight).pow(3).sum().backward();
        adapters.TakeGradients();

        var (freeA, freeB) = (a.detach().clone().requires_grad_(true), b.detach().clone().requires_grad_(true));
        nn.functional.linear(input, start + (freeB.mm(freeA) * Scale)).pow(3).sum().backward();
        Assert.True(allclose(freeA.grad!, a.grad!, 1e-4, 1e-4));
        Assert.True(allclose(freeB.grad!, b.grad!, 1e-4, 1e-4));
        Assert.Null(weight.grad);
    }

    [Fact]
    public void A_network_begins_as_it_was_and_ends_with_its_own_keys_and_matrices_of_low_rank_added()
    {
        using var fresh = FormulaModel.Create("toy");
        using var model = FormulaModel.Create("toy");
        using var folder = new TemporaryFolder();
        var options = new TrainerOptions { Steps = 3, WarmUp = 1, LearningRate = 1e-2, WeightDecay = 0, Parts = TrainedParts.Adapters, AdapterRank = 2 };
        using (var trainer = new Trainer(model, Batches(), options))
        {
            Assert.Equal(Values(fresh), Values(model));
            trainer.Run(folder.Path, _ => { }, CancellationToken.None);
        }

        Assert.Equal(fresh.state_dict().Keys.Order(), model.state_dict().Keys.Order());
        using var scope = NewDisposeScope();
        var before = fresh.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var adapted = 0;
        foreach (var (name, value) in model.named_parameters().Where(p => p.name.StartsWith("image_encoder.", StringComparison.Ordinal)))
        {
            var difference = (value.detach() - before[name].detach()).to(ScalarType.Float64);
            if (difference.abs().max().item<double>() == 0)
                continue;
            var strengths = linalg.svdvals(difference.flatten(1));
            Assert.True(strengths[2].item<double>() < 1e-4 * strengths[0].item<double>(), $"{name} changed by more than rank 2");
            adapted++;
        }

        Assert.True(adapted > 4, $"{adapted} matrices of the encoder changed");
    }

    [Fact]
    public void A_run_that_was_interrupted_ends_like_one_that_was_not()
    {
        var options = new TrainerOptions { Steps = 4, WarmUp = 1, LearningRate = 1e-3, Parts = TrainedParts.Adapters, AdapterRank = 2, CheckpointEvery = 100 };
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var whole = Train(folder.File("whole"), _ => { }, CancellationToken.None);

        Train(folder.File("parts"), report => { if (report.Step == 1) stop.Cancel(); }, stop.Token);
        var resumed = Train(folder.File("parts"), _ => { }, CancellationToken.None);

        Assert.Equal(whole, resumed);

        float[] Train(string path, Action<StepReport> report, CancellationToken cancellation)
        {
            using var model = FormulaModel.Create("toy");
            using var trainer = new Trainer(model, Batches(), options);
            trainer.Resume(path);
            trainer.Run(path, report, cancellation);
            return Values(model);
        }
    }

    private static LabelledBatches Batches() => new(LabelledVolumes.Sources(2), 128, new() { SlicesPerBatch = 2, MaxObjects = 1, Lengths = [1, 2] });

    private static float[] Values(Sam2Model model) => [.. model.parameters().SelectMany(p => p.data<float>().ToArray())];
}
