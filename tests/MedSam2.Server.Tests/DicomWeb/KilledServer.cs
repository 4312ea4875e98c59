using System.Diagnostics;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>The whole server in a process of its own, there to be killed.</summary>
internal sealed class KilledServer : IDisposable
{
    private readonly Process _process;

    private KilledServer(Process process, Uri address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    /// <param name="dataFolder">Where it stores.</param>
    /// <param name="servedFolder">A folder served in place: with one, the server makes no demo study.</param>
    public static async Task<KilledServer> StartAsync(string dataFolder, string servedFolder)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "MedSam2.Server.dll"), "--data", dataFolder, "--studies", servedFolder, "--urls", "http://127.0.0.1:0" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Split("DICOMweb: ") is [_, var rest])
                return new(process, new Uri(rest.Split(' ')[0] + "/"));
        }

        Assert.Fail($"The server did not start: {await errors}");
        throw new UnreachableException();
    }

    /// <summary>SIGKILL: the process has no chance to tidy up.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
