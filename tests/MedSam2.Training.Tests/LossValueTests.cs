using MedSam2.Training.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests;

/// <summary>The terms of the loss against their formulas, computed here number by number, and their sum (section 7 of the method).</summary>
public sealed class LossValueTests : IDisposable
{
    private const double Tolerance = 1e-12;

    /// <summary>Two objects, two candidates of 2 x 3 pixels each.</summary>
    private static readonly double[][][] Logits =
    [
        [[2, -1, 0.5, -3, 4, 0.1], [-2, 1.5, 0.2, -0.4, -1, 2]],
        [[-0.5, -2, 1, -1, -3, 0.3], [-4, -1, -2, 0.7, -0.1, -5]],
    ];

    /// <summary>The second object is not there.</summary>
    private static readonly double[][] Targets = [[1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0]];

    private static readonly double[][] PredictedIous = [[0.6, 0.9], [0.3, 0.1]];
    private static readonly double[] Scores = [1.3, 0.4];

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Weights_are_20_1_1_1_and_no_other_term_counts()
    {
        var weights = new LossWeights();

        Assert.Equal((20, 1, 1, 1, 0), (weights.Focal, weights.Dice, weights.Iou, weights.Occlusion, weights.Local));
    }

    [Fact]
    public void Focal_has_an_alpha_of_a_quarter_and_a_gamma_of_2() =>
        AssertEach(Focal, MaskLosses.Focal(LogitTensor(), TargetTensor()));

    [Fact]
    public void Dice_is_that_of_probabilities_with_a_one_for_empty_masks() =>
        AssertEach(Dice, MaskLosses.Dice(LogitTensor(), TargetTensor()));

    [Fact]
    public void The_error_of_a_predicted_IoU_is_its_distance_from_the_IoU_of_the_mask() =>
        AssertEach((n, m) => Math.Abs(PredictedIous[n][m] - Iou(n, m)), MaskLosses.IouL1(LogitTensor(), TargetTensor(), IouTensor()));

    [Fact]
    public void Occlusion_is_the_cross_entropy_of_the_objects_presence()
    {
        var losses = MaskLosses.Occlusion(ScoreTensor(), tensor(new[] { 1.0, 0 }).view(2, 1)).data<double>().ToArray();

        Assert.Equal(-Math.Log(Sigmoid(Scores[0])), losses[0], Tolerance);
        Assert.Equal(-Math.Log(1 - Sigmoid(Scores[1])), losses[1], Tolerance);
    }

    [Theory]
    [InlineData(20, 1, 1, 1)]
    [InlineData(3, 5, 7, 11)]
    [InlineData(0, 1, 0, 2)]
    public void The_total_is_the_weighted_sum_of_the_terms(double focal, double dice, double iou, double occlusion)
    {
        var loss = SliceLoss.Compute(LogitTensor(), TargetTensor(), IouTensor(), ScoreTensor(), new(focal, dice, iou, occlusion));

        // Means over both objects; the absent one has no mask and no IoU to learn.
        var best = (focal * Focal(0, 0)) + (dice * Dice(0, 0)) < (focal * Focal(0, 1)) + (dice * Dice(0, 1)) ? 0 : 1;
        var focalTerm = Focal(0, best) / 2;
        var diceTerm = Dice(0, best) / 2;
        var iouTerm = (Math.Abs(PredictedIous[0][0] - Iou(0, 0)) + Math.Abs(PredictedIous[0][1] - Iou(0, 1))) / 4;
        var occlusionTerm = (-Math.Log(Sigmoid(Scores[0])) - Math.Log(1 - Sigmoid(Scores[1]))) / 2;
        Assert.Equal(focalTerm, loss.Focal.item<double>(), Tolerance);
        Assert.Equal(diceTerm, loss.Dice.item<double>(), Tolerance);
        Assert.Equal(iouTerm, loss.Iou.item<double>(), Tolerance);
        Assert.Equal(occlusionTerm, loss.Occlusion.item<double>(), Tolerance);
        Assert.Equal((focal * focalTerm) + (dice * diceTerm) + (iou * iouTerm) + (occlusion * occlusionTerm), loss.Total.item<double>(), Tolerance);
    }

    private static double Focal(int n, int m) => Logits[n][m].Zip(Targets[n], (x, t) => t == 1
        ? -0.25 * Math.Pow(1 - Sigmoid(x), 2) * Math.Log(Sigmoid(x))
        : -0.75 * Math.Pow(Sigmoid(x), 2) * Math.Log(1 - Sigmoid(x))).Average();

    private static double Dice(int n, int m)
    {
        var overlap = Logits[n][m].Zip(Targets[n], (x, t) => Sigmoid(x) * t).Sum();
        return 1 - (((2 * overlap) + 1) / (Logits[n][m].Sum(Sigmoid) + Targets[n].Sum() + 1));
    }

    private static double Iou(int n, int m)
    {
        var union = Logits[n][m].Zip(Targets[n]).Count(p => p.First > 0 || p.Second == 1);
        return (double)Logits[n][m].Zip(Targets[n]).Count(p => p.First > 0 && p.Second == 1) / union;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static void AssertEach(Func<int, int, double> expected, Tensor actual)
    {
        Assert.Equal([2, 2], actual.shape);
        foreach (var (n, m) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
            Assert.Equal(expected(n, m), actual[n, m].item<double>(), Tolerance);
    }

    private static Tensor LogitTensor() => tensor(Logits.SelectMany(o => o.SelectMany(c => c)).ToArray()).view(2, 2, 2, 3);

    private static Tensor TargetTensor() => tensor(Targets.SelectMany(o => o).ToArray()).view(2, 1, 2, 3);

    private static Tensor IouTensor() => tensor(PredictedIous.SelectMany(o => o).ToArray()).view(2, 2);

    private static Tensor ScoreTensor() => tensor(Scores).view(2, 1);
}
