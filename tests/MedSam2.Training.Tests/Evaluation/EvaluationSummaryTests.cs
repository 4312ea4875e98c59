using MedSam2.Training.Evaluation.Reporting;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class EvaluationSummaryTests
{
    [Fact]
    public void A_line_holds_means_medians_and_who_is_better()
    {
        var lines = EvaluationSummary.Of(
            [Row("a", "model", 0.9, 3), Row("b", "model", 0.5, null), Row("c", "model", 0.1, null), Row("a", "box", 0.8, 1), Row("b", "box", 0.6, 2), Row("c", "box", 0.1, 3)],
            stepsTogether: false);

        var (model, box) = (lines[0], lines[1]);
        Assert.Equal(("model", 3, null as int?), (model.Method, model.Count, model.Beaten));
        Assert.Equal(0.5, model.Dice, 1e-12);
        Assert.Equal(0.5, model.DiceMedian, 1e-12);
        Assert.Equal(0.4, model.DiceSpread, 1e-12);
        Assert.Null(model.Hausdorff95);
        Assert.Equal(2, box.Hausdorff95);
        Assert.Equal(1, box.Beaten); // better on a, worse on b, equal on c
    }

    [Fact]
    public void Orders_are_taken_together_and_their_spread_is_that_of_their_means()
    {
        var lines = EvaluationSummary.Of(
            [Row("a", "model", 0.2, 1, 0), Row("b", "model", 0.4, 1, 0), Row("a", "model", 0.6, 1, 1), Row("b", "model", 0.4, 1, 1)], stepsTogether: true);
        var line = Assert.Single(lines);
        Assert.Null(line.Step);
        Assert.Equal(4, line.Count);
        Assert.Equal(0.4, line.Dice, 1e-12);
        Assert.Equal(Math.Sqrt(0.02), line.DiceSpread, 1e-12);
    }

    private static EvaluationRow Row(string image, string method, double dice, double? distance, int step = 0) =>
        new(image, "label 1", "volume", step, method, dice, dice / 2, dice / 3, distance);
}
