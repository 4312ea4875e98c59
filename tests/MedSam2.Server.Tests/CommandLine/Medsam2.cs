using System.Diagnostics;
using MedSam2.Server.Tests.StartUp;

namespace MedSam2.Server.Tests.CommandLine;

/// <summary>The executable, run as a person would.</summary>
internal static class Medsam2
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it to its end.</summary>
    public static Task<Answer> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <inheritdoc cref="RunAsync(string[])"/>
    public static async Task<Answer> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(ServerExecutable.Path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}

internal sealed record Answer(int ExitCode, string Output, string Errors)
{
    /// <summary>The lines of standard error that say something.</summary>
    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
