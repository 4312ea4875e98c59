using System.Text.Json.Nodes;
using MedSam2.Server.Demo;
using MedSam2.Server.Hosting;
using MedSam2.Server.Tests.DicomWeb;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;
using MedSam2.TestSupport;
using MedSam2.Training.Synthetic.Abdomen;
using Xunit;

namespace MedSam2.Server.Tests.Demo;

public sealed class DemoStudyMakerTests : IDisposable
{
    private const int Slices = 40;

    private static readonly AbdominalPhantomOptions Small = new() { Size = 64, Slices = 6, SliceThickness = 30 };

    private readonly TemporaryFolder _data = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_search_finds_all_of_the_demo_study_or_nothing_while_an_empty_store_gets_it()
    {
        await using var app = await ServerRun.StartAsync(["--urls=http://127.0.0.1:0", $"--MedSam2:Data={_data.Path}", "--Logging:LogLevel:MedSam2=None"], Stop);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        string state;
        do
        {
            state = (await JsonAsync(http, "info/"))!["demo_study"]!.GetValue<string>();
            Assert.Contains((await JsonAsync(http, "dicom-web/instances"))?.AsArray().Count ?? 0, (int[])[0, Slices]);
            await Task.Delay(50, Stop);
        }
        while (state is "making");

        Assert.Equal("stored", state);
        var series = Assert.Single((await JsonAsync(http, "dicom-web/series"))!.AsArray());
        Assert.Equal(DemoStudy.SeriesInstanceUidOf(), series!["0020000E"]!["Value"]![0]!.GetValue<string>());
        Assert.Equal(Slices, (await JsonAsync(http, "dicom-web/instances"))!.AsArray().Count);
        await app.StopAsync(Stop);
    }

    [Fact]
    public async Task A_server_killed_while_it_stores_the_demo_study_leaves_nothing_half()
    {
        using (var server = await KilledServer.StartAsync(_data.Path, servedFolder: null))
        {
            while (Directory.GetFiles(_data.File("dicom"), "*", SearchOption.AllDirectories).Length == 0)
                await Task.Yield();
            server.Kill();
        }

        using var store = await StudyStore.OpenAsync(new() { DataFolder = _data.Path }, Stop);
        var isWanted = await new DemoStudyStorage(store).PrepareAsync(Stop);

        Assert.Equal(isWanted ? 0 : Slices, await CountAsync(store));
    }

    [Fact]
    public async Task What_a_crash_left_of_the_demo_study_is_thrown_away_and_made_anew()
    {
        byte[][] whole;
        using (var store = await StudyStore.OpenAsync(new() { DataFolder = _data.Path }, Stop))
        {
            await new DemoStudyStorage(store, Small).StoreAsync(Stop);
            whole = Files();
            Assert.Equal(Small.Slices, whole.Length);
        }

        // As after a crash between two of the renames.
        await File.WriteAllBytesAsync(_data.File("demo-study-unfinished"), [], Stop);
        foreach (var path in Directory.GetFiles(_data.File("dicom"), "*", SearchOption.AllDirectories).Take(4))
            File.Delete(path);

        using var again = await StudyStore.OpenAsync(new() { DataFolder = _data.Path }, Stop);
        Assert.Equal(Small.Slices - 4, await CountAsync(again));
        var storage = new DemoStudyStorage(again, Small);

        Assert.True(await storage.PrepareAsync(Stop));
        Assert.Equal(0, await CountAsync(again));
        await storage.StoreAsync(Stop);
        Assert.Equal(whole, Files());
        Assert.False(File.Exists(_data.File("demo-study-unfinished")));
    }

    [Fact]
    public async Task A_store_with_studies_keeps_to_them()
    {
        using (var store = await StudyStore.OpenAsync(new() { DataFolder = _data.Path }, Stop))
            await store.StoreAsync(DemoStudy.Create(Small, Stop).Instances().First(), Stop);

        using var again = await StudyStore.OpenAsync(new() { DataFolder = _data.Path }, Stop);

        Assert.False(await new DemoStudyStorage(again).PrepareAsync(Stop));
        Assert.Equal(1, await CountAsync(again));
    }

    private byte[][] Files() => [.. Directory.GetFiles(_data.File("dicom"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static async Task<int> CountAsync(StudyStore store) => (await store.QueryAsync(new StudyQuery(QueryLevel.Instance), Stop)).Matches.Count;

    private static async Task<JsonNode?> JsonAsync(HttpClient http, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new("application/dicom+json"));
        request.Headers.Accept.Add(new("application/json"));
        using var answer = await http.SendAsync(request, Stop);
        Assert.True(answer.IsSuccessStatusCode, $"{address}: {answer.StatusCode}");
        var text = await answer.Content.ReadAsStringAsync(Stop);
        return text is "" ? null : JsonNode.Parse(text);
    }
}
