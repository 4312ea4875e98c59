using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MedSam2.TestSupport;

/// <summary>A real archive: Orthanc with its DICOMweb plug-in, on loopback, with an empty folder of its own and a login.</summary>
public sealed class OrthancArchive : IAsyncDisposable
{
    public const string UserName = "medsam2";
    public const string Password = "archive";

    private static readonly string[] PluginFolders = ["/usr/share/orthanc/plugins", "/usr/lib/orthanc/plugins", "/usr/local/share/orthanc/plugins"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _program;
    private Process? _process;

    private OrthancArchive(string program, string plugin)
    {
        _program = program;
        Client = new HttpClient { BaseAddress = new Uri(Root) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{UserName}:{Password}")));
        File.WriteAllText(Configuration, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["Name"] = "Test",
            ["StorageDirectory"] = _folder.File("db"),
            ["IndexDirectory"] = _folder.File("db"),
            ["HttpPort"] = Port,
            ["DicomServerEnabled"] = false,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = true,
            ["OverwriteInstances"] = true,
            ["RegisteredUsers"] = new Dictionary<string, string> { [UserName] = Password },
            ["Plugins"] = new[] { plugin },
            ["DicomWeb"] = new { Enable = true, Root = "/dicom-web/" },
        }));
    }

    public int Port { get; } = FakeArchive.FreePort();

    public string Root => $"http://127.0.0.1:{Port}";

    public string Url => $"{Root}/dicom-web";

    /// <summary>Orthanc's own REST interface, logged in: what is really in the archive.</summary>
    public HttpClient Client { get; }

    private string Configuration => _folder.File("orthanc.json");

    /// <summary>Starts Orthanc, or skips the test where it is not installed (and fails it where <c>CI</c> is set).</summary>
    public static async Task<OrthancArchive> StartAsync()
    {
        var program = File.Exists("/usr/sbin/Orthanc") ? "/usr/sbin/Orthanc" : ExternalTool.Require("Orthanc", "orthanc");
        var plugin = ExternalTool.RequireFile("Orthanc's DICOMweb plug-in", "orthanc-dicomweb", [.. PluginFolders.Select(folder => Path.Combine(folder, "libOrthancDicomWeb.so"))]);
        var archive = new OrthancArchive(program, plugin);
        await archive.RestartAsync();
        return archive;
    }

    /// <summary>Starts it again on the same folder and port.</summary>
    /// <param name="fileLimitKilobytes">No file may grow beyond: to the archive its disk is full then.</param>
    public async Task RestartAsync(int? fileLimitKilobytes = null)
    {
        await StopAsync();
        var limit = fileLimitKilobytes is { } size ? $"trap '' XFSZ; ulimit -f {size}; " : "";
        _process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", $"{limit}exec '{_program}' '{Configuration}' >'{_folder.File("log")}' 2>&1"]))!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"Orthanc ended: {await File.ReadAllTextAsync(_folder.File("log"), patience.Token)}");
            try
            {
                if ((await Client.GetAsync("/system", patience.Token)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>Ends it; the folder stays.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Puts DICOM files into the archive behind everybody's back.</summary>
    public async Task AddAsync(params IEnumerable<byte[]> files)
    {
        foreach (var file in files)
            (await Client.PostAsync("/instances", new ByteArrayContent(file))).EnsureSuccessStatusCode();
    }

    /// <summary>How many instances the archive has.</summary>
    public async Task<int> CountAsync() =>
        JsonDocument.Parse(await Client.GetStringAsync("/statistics")).RootElement.GetProperty("CountInstances").GetInt32();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Client.Dispose();
        _folder.Dispose();
    }
}
