using System.Globalization;
using System.Text;
using MedSam2.Server.CommandLine;
using MedSam2.Training.Evaluation.Reporting;

namespace MedSam2.Server.Evaluation;

/// <summary>A report's table, for the screen and as Markdown.</summary>
internal static class EvaluationTable
{
    private static readonly string[] Columns = ["setting", "method", "count", "Dice", "median", "spread", "IoU", "NSD", "HD95", "model better"];

    public static void Print(EvaluationReport report)
    {
        VerbConsole.WriteTable(Columns, Rows(report), textColumns: 2);
        if (report.Summaries.Any(s => s.Slices is not null))
            VerbConsole.WriteTable(SliceColumns, SliceRows(report), textColumns: 2);
        if (report.Traces.Count > 0)
            VerbConsole.WriteTable(TraceColumns, TraceRows(report), textColumns: 1);
    }

    public static string ToMarkdown(EvaluationReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {report.Protocol}: {report.Model}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Cases} images, {report.Seconds:0} s. Weights: SHA-256 {report.Sha256}.").AppendLine();
        Append(text, Columns, Rows(report), 2);
        if (report.Summaries.Any(s => s.Slices is not null))
            Append(text.AppendLine(), SliceColumns, SliceRows(report), 2);
        if (report.Traces.Count > 0)
            Append(text.AppendLine(), TraceColumns, TraceRows(report), 1);
        return text.ToString();
    }

    // The prompted slice is in neither count.
    private static readonly string[] SliceColumns = ["setting", "method", "empty slices", "left empty", "other slices", "found"];

    private static readonly string[] TraceColumns = ["memory", "first", "last", "mean"];

    private static void Append(StringBuilder text, string[] columns, IEnumerable<string[]> rows, int textColumns)
    {
        text.AppendLine($"| {string.Join(" | ", columns)} |");
        text.AppendLine($"| {string.Join(" | ", columns.Select((_, n) => n < textColumns ? "---" : "---:"))} |");
        foreach (var row in rows)
            text.AppendLine($"| {string.Join(" | ", row)} |");
    }

    private static IEnumerable<string[]> Rows(EvaluationReport report)
    {
        var counted = report.Summaries.Select(s => s.Step).Distinct().Count() > 1;
        return report.Summaries.Select(s => (string[])
        [
            counted && s.Step is { } step ? $"{s.Setting}, {StepName(report.Protocol, step)}" : s.Setting,
            s.Method, Text(s.Count, "0"), Text(s.Dice, "0.000"), Text(s.DiceMedian, "0.000"), Text(s.DiceSpread, "0.000"),
            Text(s.Iou, "0.000"), Text(s.SurfaceDice, "0.000"), s.Hausdorff95 is { } distance ? Text(distance, "0.0") : "none",
            s.Beaten is { } beaten ? string.Create(CultureInfo.InvariantCulture, $"{beaten} of {s.Count}") : "",
        ]);
    }

    private static IEnumerable<string[]> SliceRows(EvaluationReport report) =>
        from summary in report.Summaries
        where summary.Slices is not null
        let slices = summary.Slices
        select (string[])
        [
            summary.Setting, summary.Method, Text(slices.Empty, "0"), Share(slices.LeftEmpty, slices.Empty),
            Text(slices.Held, "0"), Share(slices.Found, slices.Held),
        ];

    private static string Share(int part, int all) => all == 0 ? "none" : Text((double)part / all, "0.00");

    private static IEnumerable<string[]> TraceRows(EvaluationReport report) => report.Traces.GroupBy(t => t.Method).Select(method =>
    {
        var runs = method.GroupBy(t => (t.Case, t.Structure)).ToList();
        return (string[])
        [
            method.Key,
            Text(runs.Average(r => r.MinBy(t => t.Step)!.Value), "0.000"),
            Text(runs.Average(r => r.MaxBy(t => t.Step)!.Value), "0.000"),
            Text(runs.Average(r => r.Average(t => t.Value)), "0.000"),
        ];
    });

    private static string StepName(string protocol, int step) => protocol == "interactive" ? $"{step} corrections" : $"{step} prompts";

    private static string Text(IFormattable value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
