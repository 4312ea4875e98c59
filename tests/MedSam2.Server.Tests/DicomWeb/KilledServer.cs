using System.Diagnostics;
using MedSam2.Server.Tests.StartUp;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>The whole server in a process of its own, there to be killed; its model is the embedded one on small slices, unless a setting names another.</summary>
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
    /// <param name="servedFolder">A folder served in place, or null: an empty store then gets the demo study.</param>
    /// <param name="settings">Further settings.</param>
    public static Task<KilledServer> StartAsync(string dataFolder, string? servedFolder, params string[] settings) =>
        StartAsync(new Dictionary<string, string>(), dataFolder, servedFolder, settings);

    /// <param name="environment">Variables of its environment.</param>
    /// <param name="dataFolder">Where it stores.</param>
    /// <param name="servedFolder">A folder served in place, or null.</param>
    /// <param name="settings">Further settings.</param>
    public static async Task<KilledServer> StartAsync(IReadOnlyDictionary<string, string> environment, string dataFolder, string? servedFolder, params string[] settings)
    {
        var start = new ProcessStartInfo(ServerExecutable.Path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] served = servedFolder is null ? [] : ["--studies", servedFolder];
        foreach (var argument in (string[])["--data", dataFolder, .. served, "--urls", "http://127.0.0.1:0", $"--MedSam2:Model={SmallNano.Folder}", .. settings])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Split("DICOMweb: ") is [_, var rest])
                return new(process, new Uri(rest.Split(' ')[0] + "/"));
        }

        Assert.Fail($"The server did not start: {await errors}");
        throw new UnreachableException();
    }

    /// <summary>Bytes of memory that the process has held at most, so far (Linux alone).</summary>
    public long PeakMemory => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);

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
