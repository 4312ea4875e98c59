using System.Diagnostics;
using Xunit;

namespace MedSam2.Server.Tests.StartUp;

/// <summary>The real executable, as a person starts it.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("medsam2-process-tests-");

    private ServerProcess(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(ServerExecutable.Path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _data.FullName,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["XDG_DATA_HOME"] = _data.FullName;
        start.Environment["MedSam2__Viewer__Build"] = "false";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
    }

    public static ServerProcess Start(params string[] arguments) => new(new Dictionary<string, string>(), arguments);

    public static ServerProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(environment, arguments);

    /// <summary>Waits for the end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var server = Start(arguments);
        var output = server._process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = server._process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await server._process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
        return (server._process.ExitCode, await output, await error);
    }

    /// <summary>The block that the server prints once it is ready, up to its last line.</summary>
    public async Task<string> ReadBlockAsync()
    {
        var block = "";
        while (await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            block += line + "\n";
            if (line.Contains("Ctrl+C", StringComparison.Ordinal))
                return block;
        }

        throw new InvalidOperationException($"The server ended: {block}{await _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>Asks it to stop (SIGTERM), waits for the end, and gives all that it said to standard error.</summary>
    public async Task<(int ExitCode, string Error)> StopAsync()
    {
        var error = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using (var kill = Process.Start("/bin/bash", ["-c", $"kill -TERM {_process.Id}"]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        return (_process.ExitCode, await error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _data.Delete(recursive: true);
    }
}
