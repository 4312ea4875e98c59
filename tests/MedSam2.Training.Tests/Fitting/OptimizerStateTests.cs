using MedSam2.Network.Checkpoints;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using OptimizerState = MedSam2.Training.Fitting.OptimizerState;

namespace MedSam2.Training.Tests.Fitting;

/// <summary>What a step makes of gradients (section 7 of the method): AdamW, clipped gradients, and the moving average.</summary>
public sealed class OptimizerStateTests : IDisposable
{
    private const double Decay = 0.3;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Generator generator = new(3);

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Its_steps_are_those_of_AdamW_and_biases_do_not_decay()
    {
        var (kernel, bias) = (new Parameter(Draw(4, 3, 2)), new Parameter(Draw(4)));
        var (otherKernel, otherBias) = (new Parameter(kernel.detach().clone()), new Parameter(bias.detach().clone()));
        using var state = new OptimizerState([("kernel", kernel), ("bias", bias)], new TrainerOptions { WeightDecay = Decay });
        using var decaying = optim.AdamW([otherKernel], beta1: 0.9, beta2: 0.98, eps: 1e-8, weight_decay: Decay);
        using var lasting = optim.AdamW([otherBias], beta1: 0.9, beta2: 0.98, eps: 1e-8, weight_decay: 0);
        for (var step = 0; step < 12; step++)
        {
            var rate = 0.02 * (step + 1);
            kernel.grad = Draw(4, 3, 2) * (step + 1);
            bias.grad = Draw(4);
            (otherKernel.grad, otherBias.grad) = (kernel.grad.clone(), bias.grad.clone());
            foreach (var group in decaying.ParamGroups.Concat(lasting.ParamGroups))
                group.LearningRate = rate;

            state.Step(rate, step);
            decaying.step();
            lasting.step();

            AssertNear(otherKernel, kernel);
            AssertNear(otherBias, bias);
        }
    }

    [Fact]
    public void What_has_no_gradient_stays_as_it_is()
    {
        var (moved, still) = (new Parameter(Draw(2, 2)), new Parameter(Draw(2, 2)));
        var before = still.detach().clone();
        using var state = new OptimizerState([("moved", moved), ("still", still)], new TrainerOptions { WeightDecay = Decay });
        moved.grad = Draw(2, 2);

        state.Step(0.1, 0);

        Assert.Equal(before.data<float>().ToArray(), still.data<float>().ToArray());
        Assert.Equal(0, state.Moments["still"].Second.abs().max().item<float>());
        Assert.NotEqual(0, state.Moments["moved"].Second.abs().max().item<float>());
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(1e6)]
    public void Gradients_beyond_the_norm_are_scaled_down_to_it_and_others_stay(double clipNorm)
    {
        using var folder = new TemporaryFolder();
        using var model = FormulaModel.Create("toy");
        var batches = new RandomisedBatches(new() { Size = 128, SlicesPerStep = 3, MaxObjects = 2, Lengths = [3], Seed = 4 }, _ => 0.5);
        using var trainer = new Trainer(model, batches, new TrainerOptions { Steps = 1, WarmUp = 1, ClipNorm = clipNorm });
        var norm = 0.0;

        trainer.Run(folder.Path, report => norm = report.GradientNorm, CancellationToken.None);

        // After one step the first moments are a tenth of the gradient that the step went by.
        Assert.InRange(norm, 0.02, 1e5);
        var used = 10 * Math.Sqrt(FirstMoments(folder.Path).Sum(v => (double)v * v));
        Assert.Equal(Math.Min(norm, clipNorm), used, 1e-3 * Math.Min(norm, clipNorm));
    }

    [Fact]
    public void The_moving_average_is_that_of_its_formula()
    {
        const double share = 0.6;
        var value = new Parameter(Draw(3, 2));
        var expected = value.data<float>().Select(v => (double)v).ToArray();
        using var average = new WeightAverage([("value", value)]);
        for (var step = 0; step < 20; step++)
        {
            using (no_grad())
                value.copy_(Draw(3, 2));
            average.Update([("value", value)], share, step);

            // The share is kept from step 13 on; before, less is.
            var keep = step < 13 ? (1.0 + step) / (10 + step) : share;
            expected = [.. expected.Zip(value.data<float>(), (a, v) => (keep * a) + ((1 - keep) * v))];
            foreach (var (a, b) in expected.Zip(average.Weights["value"].data<float>()))
                Assert.Equal(a, b, 1e-6);
        }
    }

    private static IEnumerable<float> FirstMoments(string folder)
    {
        using var file = SafetensorsFile.Open(TrainingCheckpoint.FindNewest(folder)!);
        foreach (var name in file.Tensors.Keys.Where(n => n.StartsWith("first.", StringComparison.Ordinal)))
        {
            using var moment = file.Read(name);
            foreach (var value in moment.data<float>().ToArray())
                yield return value;
        }
    }

    private static void AssertNear(Tensor expected, Tensor actual) => Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-6);

    private Tensor Draw(params long[] shape) => randn(shape, generator: generator);
}
