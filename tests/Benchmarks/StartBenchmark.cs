using System.Diagnostics;
using MedSam2.TestSupport;

namespace MedSam2.Benchmarks;

/// <summary>Times the server's start as a person sees it: from the command to the block that says it is ready.</summary>
internal static class StartBenchmark
{
    private const int Starts = 3;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    /// <summary>The first start of a data folder, whose demo study is then made, and the later ones.</summary>
    public static void Run()
    {
        Machine.Report();
        for (var n = 0; n < Starts; n++)
        {
            using var data = new TemporaryFolder();
            var first = Time(data.Path);
            var later = Time(data.Path);
            Console.WriteLine($"first start {Describe(first)}, demo study after {first.Study.TotalSeconds:f1} s; later start {Describe(later)}");
        }
    }

    private static string Describe((TimeSpan Ready, TimeSpan Processor, TimeSpan) start) =>
        $"{start.Ready.TotalSeconds:f2} s (CPU {start.Processor.TotalSeconds:f2} s; budget {Budget.TotalSeconds:f0} s {(start.Ready < Budget ? "held" : "MISSED")})";

    private static (TimeSpan Ready, TimeSpan Processor, TimeSpan Study) Time(string data)
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
            while (http.GetStringAsync(new Uri("info/", UriKind.Relative)).GetAwaiter().GetResult().Contains("\"making\"", StringComparison.Ordinal))
                Thread.Sleep(50);
            return (ready, processor, clock.Elapsed);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
        }
    }

    private static string Executable => Path.Combine(
        RepositoryPaths.Root, "artifacts", "bin", "MedSam2.Server", "release", OperatingSystem.IsWindows() ? "MedSam2.Server.exe" : "MedSam2.Server");
}
