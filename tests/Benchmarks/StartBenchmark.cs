using System.Diagnostics;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace MedSam2.Benchmarks;

/// <summary>
/// Times the server's start as a person sees it: from the command to the block that says it is ready. The engine of interactive
/// sessions starts behind it: how much longer the first of them waits is counted apart.
/// </summary>
internal static class StartBenchmark
{
    private const int Starts = 3;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5), SessionsBudget = TimeSpan.FromSeconds(1);

    /// <summary>The first start of a data folder, whose demo study is then made, and the later ones.</summary>
    public static async Task RunAsync()
    {
        Machine.Report();
        for (var n = 0; n < Starts; n++)
        {
            using var data = new TemporaryFolder();
            var first = await TimeAsync(data.Path);
            var later = await TimeAsync(data.Path);
            Console.WriteLine($"first start {Describe(first)}, demo study after {first.Study.TotalSeconds:f1} s; later start {Describe(later)}");
        }
    }

    private static string Describe((TimeSpan Ready, TimeSpan Processor, TimeSpan Sessions, TimeSpan) start) =>
        $"{start.Ready.TotalSeconds:f2} s (CPU {start.Processor.TotalSeconds:f2} s; budget {Budget.TotalSeconds:f0} s {Compare(start.Ready, Budget)}), "
        + $"sessions {start.Sessions.TotalSeconds:f2} s later (budget {SessionsBudget.TotalSeconds:f0} s {Compare(start.Sessions, SessionsBudget)})";

    private static string Compare(TimeSpan time, TimeSpan budget) => time < budget ? "held" : "MISSED";

    private static async Task<(TimeSpan Ready, TimeSpan Processor, TimeSpan Sessions, TimeSpan Study)> TimeAsync(string data)
    {
        var clock = Stopwatch.StartNew();
        using var server = Process.Start(new ProcessStartInfo(Executable, ["--data", data, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        try
        {
            string? url = null;
            while (server.StandardOutput.ReadLine() is { } line && !line.Contains("Ctrl+C", StringComparison.Ordinal))
                url ??= line.TrimStart().StartsWith("url", StringComparison.Ordinal) ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] : null;
            var (ready, processor) = (clock.Elapsed, server.TotalProcessorTime);
            using var http = new HttpClient { BaseAddress = new Uri(url ?? throw new InvalidOperationException("The server did not start; its errors are above.")) };
            await AskForSessionAsync(http.BaseAddress);
            var sessions = clock.Elapsed - ready;
            while ((await http.GetStringAsync(new Uri("info/", UriKind.Relative))).Contains("\"making\"", StringComparison.Ordinal))
                await Task.Delay(50);
            return (ready, processor, sessions, clock.Elapsed);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    /// <summary>Asks for a session that nobody has. That it is not there is known once the engine of sessions runs.</summary>
    private static async Task AskForSessionAsync(Uri server)
    {
        await using var connection = new HubConnectionBuilder().WithUrl(new Uri(server, "hubs/segmentation")).AddMessagePackProtocol().Build();
        await connection.StartAsync();
        try
        {
            await connection.InvokeAsync<SessionState>("Mask", new ObjectRequest { SessionId = new string('0', 32) });
        }
        catch (HubException exception) when (exception.Message.Contains("not_found: ", StringComparison.Ordinal))
        {
            return;
        }

        throw new InvalidOperationException("The server knows a session that nobody opened.");
    }

    private static string Executable => Path.Combine(
        RepositoryPaths.Root, "artifacts", "bin", "MedSam2.Server", "release", OperatingSystem.IsWindows() ? "MedSam2.Server.exe" : "MedSam2.Server");
}
