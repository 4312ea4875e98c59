using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Server.Tests.MonaiLabel.Conformance;
using MedSam2.TestSupport;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>A server with the toy network in a process of its own, its data in a folder that outlives it.</summary>
internal sealed class ToyServer : IDisposable
{
    private readonly KilledServer _server;

    private ToyServer(KilledServer server) => _server = server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public Uri Address => new(_server.Client.BaseAddress!, "/");

    public PlainClient Client => new(Address);

    /// <param name="folder">Gets the folders <c>toy</c>, <c>served</c> and <c>data</c>.</param>
    /// <param name="settings">Further settings.</param>
    public static async Task<ToyServer> StartAsync(TemporaryFolder folder, params string[] settings)
    {
        if (!Directory.Exists(folder.File("toy")))
            LabelledVolumes.SaveToy(folder.File("toy"));
        // A folder without studies: an empty store would get the demo study.
        Directory.CreateDirectory(folder.File("served"));
        return new(await KilledServer.StartAsync(folder.File("data"), folder.File("served"), [$"--MedSam2:Model={folder.File("toy")}", "--MedSam2:Jobs:LeaseSeconds=2", .. settings]));
    }

    public void Kill() => _server.Kill();

    /// <summary>Starts a job.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> StartJobAsync(string address, string body)
    {
        var answer = await Client.JsonAsync("POST", address, body);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json!["id"]!.GetValue<string>();
    }

    /// <summary>The job of a kind that was started last, once it has ended.</summary>
    /// <param name="address">Of the kind: <c>/train/</c> or <c>/scoring/</c>.</param>
    public async Task<JsonNode> EndAsync(string address)
    {
        while (true)
        {
            var job = (await Client.GetAsync(address)).Json!;
            if (job["status"]!.GetValue<string>() is "DONE" or "ERROR" or "STOPPED")
                return job;
            await Task.Delay(100, Stop);
        }
    }

    /// <summary>A number of <c>/metrics</c>; 0 where it is not there yet.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = (await Client.GetAsync("/metrics")).Text;
        var found = Regex.Match(text, $@"^{name}(\{{[^}}]*\}})? (\S+)", RegexOptions.Multiline);
        return found.Success ? double.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture) : 0;
    }

    public void Dispose() => _server.Dispose();
}
