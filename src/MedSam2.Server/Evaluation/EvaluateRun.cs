using MedSam2.Server.CommandLine;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.Evaluation;

/// <summary>What the verb <c>evaluate</c> was told.</summary>
internal sealed record EvaluateRequest(Protocol Protocol, string Images, string Labels, bool Merge, EvaluationOptions Options, string? Output, bool Json);

/// <summary>The verb <c>evaluate</c>: a protocol over a folder; table, JSON, plots.</summary>
internal static class EvaluateRun
{
    public static async Task RunAsync(VerbSettings settings, EvaluateRequest request, CancellationToken cancellation)
    {
        var cases = EvaluationCases.Find(request.Images, request.Labels, request.Merge);
        if (cases.WithoutLabels.Count > 0)
            await Console.Error.WriteLineAsync($"Left out, since they have no labels: {string.Join(", ", cases.WithoutLabels)}");
        if (request.Output is { } place)
            Prepare(place);
        var report = await VerbConsole.WithProgressAsync(
            request.Protocol.Name,
            progress =>
            {
                using var model = settings.LoadModel();
                return Task.FromResult(Evaluator.Run(request.Protocol, model, cases.Sources, request.Options, new Relay(progress, request.Protocol.Name), cancellation: cancellation));
            });

        foreach (var fault in report.LeftOut)
            await Console.Error.WriteLineAsync($"Left out: {fault}");
        if (request.Json)
            Console.WriteLine(report.ToJson());
        else
            EvaluationTable.Print(report);
        if (request.Output is not { } folder)
            return;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{report.Protocol}.json"), report.ToJson(), cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{report.Protocol}.md"), EvaluationTable.ToMarkdown(report), cancellation);
        EvaluationPlots.Write(report, folder);
    }

    /// <summary>What would be refused after all the work is refused before it.</summary>
    private static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var trial = new FileStream(Path.Combine(folder, ".part"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VerbException($"Nothing can be written to {folder} ({exception.Message.TrimEnd('.')}). Name another folder with --output.", exception);
        }
    }

    private sealed class Relay(IProgress<VerbProgress> progress, string name) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new(value, name));
    }
}
