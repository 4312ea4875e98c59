using MedSam2.Training.ActiveLearning;
using Xunit;

namespace MedSam2.Training.Tests.ActiveLearning;

public class SelectionTests
{
    private static readonly Random AnyRandom = new(1);

    [Fact]
    public void The_least_sure_answer_is_worth_most_to_uncertainty()
    {
        ImageScore sure = Score(0.9, 0.1, 0.05, 0), unsure = Score(0.3, 0.8, 0.6, 0), between = Score(0.9, 0.1, 0.9, 0);

        var weights = Selection.Weigh(SelectionStrategy.Uncertainty, [sure, unsure, between], [], AnyRandom);

        Assert.Equal(((1 - 0.3) + 0.8 + 0.6) / 3, weights[1], 1e-9);
        Assert.True(weights[1] > weights[2] && weights[2] > weights[0]);
    }

    [Fact]
    public void What_is_farthest_from_all_labelled_images_is_worth_most_to_diversity()
    {
        ImageScore[] candidates = [At(10), At(80), At(45)];

        Assert.Equal(1, Best(SelectionStrategy.Diversity, candidates, [0, 20]));
        Assert.Equal(2, Best(SelectionStrategy.Diversity, candidates, [0, 90]));
        // A core-set is covered step by step: each choice is known to the next.
        Assert.Equal(0, Best(SelectionStrategy.Diversity, candidates, [80, 45]));
    }

    [Fact]
    public void While_nothing_is_labelled_the_middle_goes_first() =>
        Assert.Equal(1, Best(SelectionStrategy.Diversity, [At(0), At(30), At(60)], []));

    [Fact]
    public void Hybrid_takes_what_is_good_at_both()
    {
        // The most unsure lies where all is known; the farthest is as sure as can be; the third is second in both.
        ImageScore[] candidates = [Score(0.1, 0.9, 0.9, 0), Score(0.99, 0, 0, 90), Score(0.3, 0.7, 0.7, 80)];

        Assert.Equal(0, Best(SelectionStrategy.Uncertainty, candidates, [0]));
        Assert.Equal(1, Best(SelectionStrategy.Diversity, candidates, [0]));
        var weights = Selection.Weigh(SelectionStrategy.Hybrid, candidates, [Direction(0)], AnyRandom);
        Assert.Equal([0.5, 0.5, 0.5], weights);
        Assert.Equal(2, Best(SelectionStrategy.Hybrid, [.. candidates, Score(0.2, 0.8, 0.1, 5)], [0]));
    }

    [Fact]
    public void First_keeps_the_order_and_random_repeats_with_its_seed()
    {
        ImageScore[] candidates = [At(0), At(1), At(2)];

        Assert.Equal(0, Best(SelectionStrategy.First, candidates, []));
        Assert.Equal(
            Selection.Weigh(SelectionStrategy.Random, candidates, [], new Random(5)),
            Selection.Weigh(SelectionStrategy.Random, candidates, [], new Random(5)));
    }

    private static int Best(SelectionStrategy strategy, ImageScore[] candidates, double[] known)
    {
        var weights = Selection.Weigh(strategy, candidates, [.. known.Select(Direction)], AnyRandom);
        return Array.IndexOf(weights, weights.Max());
    }

    private static ImageScore At(double degrees) => Score(0.5, 0.5, 0.5, degrees);

    private static ImageScore Score(double iou, double entropy, double disagreement, double degrees) => new(iou, entropy, disagreement, 1, Direction(degrees));

    private static IReadOnlyList<float> Direction(double degrees) => [(float)Math.Cos(degrees * Math.PI / 180), (float)Math.Sin(degrees * Math.PI / 180)];
}
