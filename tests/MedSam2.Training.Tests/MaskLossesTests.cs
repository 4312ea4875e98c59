using MedSam2.Training.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests;

public sealed class MaskLossesTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Gradient_of_focal_equals_finite_differences() =>
        AssertGradient(Logits(2, 3), logits => MaskLosses.Focal(logits, Targets(2)));

    [Fact]
    public void Gradient_of_local_cross_entropy_equals_finite_differences() =>
        AssertGradient(Logits(2, 3), logits => MaskLosses.LocalCrossEntropy(logits, Targets(2), margin: 1));

    [Fact]
    public void Local_cross_entropy_looks_no_farther_than_its_margin()
    {
        var target = zeros(1, 1, 16, 16, dtype: float64);
        target[0, 0, 4..8, 4..8] = 1;
        var logits = (target - 0.5) * 4;
        var loss = MaskLosses.LocalCrossEntropy(logits, target, margin: 2).item<double>();
        logits[0, 0, 11, 5] = 9; // three rows below the box
        Assert.Equal(loss, MaskLosses.LocalCrossEntropy(logits, target, margin: 2).item<double>(), 1e-12);
        Assert.Equal(Math.Log(1 + Math.Exp(-2)), loss, 1e-9);
        logits[0, 0, 9, 5] = 9;
        Assert.True(MaskLosses.LocalCrossEntropy(logits, target, margin: 2).item<double>() > loss + 0.1);
    }

    [Fact]
    public void Gradient_of_dice_equals_finite_differences() =>
        AssertGradient(Logits(2, 3), logits => MaskLosses.Dice(logits, Targets(2)));

    [Fact]
    public void Gradient_of_iou_prediction_equals_finite_differences() =>
        AssertGradient(tensor(new[,] { { 0.3, 0.8, 0.55 }, { 0.1, 0.9, 0.4 } }), predicted => MaskLosses.IouL1(Logits(2, 3), Targets(2), predicted));

    [Fact]
    public void Gradient_of_occlusion_equals_finite_differences() =>
        AssertGradient(tensor(new[,] { { 0.3 }, { -1.2 } }), score => MaskLosses.Occlusion(score, tensor(new[,] { { 1.0 }, { 0.0 } })));

    [Fact]
    public void Dice_of_a_sure_and_right_mask_is_zero_and_of_a_sure_and_wrong_one_is_one()
    {
        var target = zeros(1, 1, 8, 8, dtype: float64);
        target[.., .., ..4] = 1;
        var sure = (target - 0.5) * 100;

        Assert.Equal(0, MaskLosses.Dice(sure, target).item<double>(), 1e-9);
        Assert.Equal(1 - (1.0 / 65), MaskLosses.Dice(-sure, target).item<double>(), 1e-9);
    }

    [Fact]
    public void Iou_of_half_overlapping_masks_is_a_third()
    {
        var target = zeros(1, 1, 4, 4, dtype: float64);
        target[.., .., ..2] = 1;
        var logits = full([1, 1, 4, 4], -1.0, dtype: float64);
        logits[.., .., 1..3] = 1;

        Assert.Equal(1.0 / 3, MaskLosses.MeasureIou(logits, target).item<double>(), 1e-12);
    }

    [Fact]
    public void Only_the_best_candidate_learns_its_mask()
    {
        var target = Targets(1);
        var good = (target - 0.5) * 4;
        var logits = cat([-good, good, good * 0.1], dim: 1).requires_grad_();

        var loss = SliceLoss.Compute(logits, target, full([1, 3], 0.5, dtype: float64), full([1, 1], 2.0, dtype: float64), new());
        loss.Total.backward();

        var gradient = logits.grad!.abs().flatten(2).sum(2);
        Assert.Equal(0, gradient[0, 0].item<double>());
        Assert.NotEqual(0, gradient[0, 1].item<double>());
        Assert.Equal(0, gradient[0, 2].item<double>());
    }

    [Fact]
    public void An_absent_object_teaches_the_occlusion_head_alone()
    {
        var logits = Logits(1, 3).requires_grad_();
        var score = full([1, 1], 2.0, dtype: float64).requires_grad_();

        SliceLoss.Compute(logits, zeros(1, 1, 6, 5, dtype: float64), full([1, 3], 0.5, dtype: float64), score, new()).Total.backward();

        Assert.Equal(0, logits.grad!.abs().sum().item<double>());
        Assert.True(score.grad!.item<double>() > 0);
    }

    private static Tensor Logits(int objects, int candidates)
    {
        var generator = new Generator(7);
        return randn(objects, candidates, 6, 5, dtype: float64, generator: generator);
    }

    private static Tensor Targets(int objects)
    {
        var generator = new Generator(8);
        return (rand(objects, 1, 6, 5, dtype: float64, generator: generator) > 0.6).to(float64);
    }

    private static void AssertGradient(Tensor at, Func<Tensor, Tensor> loss)
    {
        const double step = 1e-6;
        var parameter = at.clone().requires_grad_();
        loss(parameter).sum().backward();
        var gradient = parameter.grad!.flatten();

        for (long n = 0; n < at.numel(); n++)
        {
            var bump = zeros_like(at).flatten();
            bump[n] = step;
            var up = loss(at + bump.view_as(at)).sum().item<double>();
            var down = loss(at - bump.view_as(at)).sum().item<double>();
            Assert.Equal((up - down) / (2 * step), gradient[n].item<double>(), 1e-7);
        }
    }
}
