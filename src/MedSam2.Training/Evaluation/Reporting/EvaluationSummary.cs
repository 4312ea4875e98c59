namespace MedSam2.Training.Evaluation.Reporting;

/// <summary>One method over all structures of one setting and step: a line of the table.</summary>
/// <param name="Setting">See <see cref="EvaluationRow.Setting"/>.</param>
/// <param name="Step">See <see cref="EvaluationRow.Step"/>; null where steps are taken together.</param>
/// <param name="Method">The model or a baseline.</param>
/// <param name="Count">Answers.</param>
/// <param name="Dice">Mean.</param>
/// <param name="DiceMedian">Median.</param>
/// <param name="DiceSpread">Standard deviation; where steps are taken together, that of the steps' means.</param>
/// <param name="Iou">Mean.</param>
/// <param name="SurfaceDice">Mean.</param>
/// <param name="Hausdorff95">Median, an empty answer counting as infinitely far; null where that is the median.</param>
/// <param name="Beaten">On how many of these the first method of the setting (the model) has the higher Dice; null for itself.</param>
public sealed record EvaluationSummary(
    string Setting, int? Step, string Method, int Count, double Dice, double DiceMedian, double DiceSpread, double Iou, double SurfaceDice, double? Hausdorff95, int? Beaten)
{
    /// <summary>Slices of all structures together; null where no row counts them.</summary>
    public SlicePresence? Slices { get; init; }

    /// <param name="rows">In the order that the table shall have.</param>
    /// <param name="stepsTogether">Whether steps are repetitions of the same (orders) rather than different questions.</param>
    public static IReadOnlyList<EvaluationSummary> Of(IReadOnlyCollection<EvaluationRow> rows, bool stepsTogether) =>
    [
        .. rows.GroupBy(r => (r.Setting, Step: stepsTogether ? (int?)null : r.Step)).SelectMany(group =>
        {
            var methods = group.GroupBy(r => r.Method).ToList();
            var first = methods[0].ToDictionary(Key, r => r.Dice);
            return methods.Select((method, n) => Of(group.Key.Setting, group.Key.Step, method.Key, [.. method], n == 0 ? null : first));
        }),
    ];

    private static EvaluationSummary Of(string setting, int? step, string method, EvaluationRow[] rows, Dictionary<(string, string, int), double>? first)
    {
        var distances = rows.Select(r => r.Hausdorff95 ?? double.PositiveInfinity).Order().ToArray();
        var distance = distances[(distances.Length - 1) / 2];
        double[] repeated = step is null ? [.. rows.GroupBy(r => r.Step).Select(g => g.Average(r => r.Dice))] : [.. rows.Select(r => r.Dice)];
        return new(
            setting,
            step,
            method,
            rows.Length,
            rows.Average(r => r.Dice),
            Median(rows.Select(r => r.Dice)),
            Deviation(repeated),
            rows.Average(r => r.Iou),
            rows.Average(r => r.SurfaceDice),
            double.IsFinite(distance) ? distance : null,
            first is null ? null : rows.Count(r => first.TryGetValue(Key(r), out var dice) && dice > r.Dice))
        {
            Slices = rows.Select(r => r.Slices).OfType<SlicePresence>().Aggregate(default(SlicePresence), (sum, s) => sum is null ? s : sum + s),
        };
    }

    private static (string Case, string Structure, int Step) Key(EvaluationRow row) => (row.Case, row.Structure, row.Step);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Deviation(double[] values)
    {
        if (values.Length < 2)
            return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }
}
