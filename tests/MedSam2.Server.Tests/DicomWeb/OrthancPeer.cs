using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>Orthanc with its DICOMweb plug-in, empty, with one peer to talk to.</summary>
internal sealed class OrthancPeer : IDisposable
{
    private const string Plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    private OrthancPeer(TemporaryFolder folder, Process process, Uri address)
    {
        _folder = folder;
        _process = process;
        Client = new HttpClient { BaseAddress = address };
    }

    public HttpClient Client { get; }

    /// <param name="dicomWeb">The peer's DICOMweb root; Orthanc calls it <c>peer</c>.</param>
    public static async Task<OrthancPeer> StartAsync(Uri dicomWeb)
    {
        var program = ExternalTool.Require("Orthanc", "orthanc orthanc-dicomweb");
        var folder = new TemporaryFolder();
        var port = FreePort();
        await File.WriteAllTextAsync(folder.File("orthanc.json"), $$"""
            {
              "StorageDirectory": "{{folder.File("db")}}", "IndexDirectory": "{{folder.File("db")}}", "HttpPort": {{port}},
              "DicomServerEnabled": false, "AuthenticationEnabled": false, "RemoteAccessAllowed": false,
              "Plugins": ["{{Plugin}}"], "DicomWeb": { "Enable": true, "Servers": { "peer": ["{{dicomWeb}}"] } }
            }
            """);
        var process = Process.Start(new ProcessStartInfo(program, folder.File("orthanc.json")) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();

        var peer = new OrthancPeer(folder, process, new Uri($"http://127.0.0.1:{port}/"));
        while (!await peer.AnswersAsync())
        {
            Assert.False(process.HasExited, "Orthanc ended at once.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        return peer;
    }

    /// <summary>Orthanc's own REST interface, with a JSON answer.</summary>
    public async Task<T> PostAsync<T>(string path, object body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body));
        using var response = await Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (await response.Content.ReadFromJsonAsync<T>(TestContext.Current.CancellationToken))!;
    }

    public void Dispose()
    {
        Client.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var response = await Client.GetAsync("system", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
