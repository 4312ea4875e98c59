using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Hosting;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace MedSam2.Server.Tests;

/// <summary>The whole server on a free port of a real socket, with the embedded model on small slices and <see cref="TestSeries"/> to serve.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("medsam2-server-tests-");
    private WebApplication? _app;

    public HttpClient Http { get; private set; } = null!;

    public Uri Address => Http.BaseAddress!;

    public string DataFolder => Path.Combine(_folder.FullName, "data");

    internal IServiceProvider Services => _app!.Services;

    public ValueTask InitializeAsync() => StartAsync();

    public async ValueTask StartAsync(params string[] settings)
    {
        var studies = _folder.CreateSubdirectory("studies").FullName;
        TestSeries.WriteTo(studies);
        _app = await ServerRun.StartAsync(
            [
                "--urls=http://127.0.0.1:0", $"--MedSam2:Data={_folder.FullName}/data", $"--MedSam2:Studies={studies}", $"--MedSam2:Model={SmallNano.Folder}",
                "--Logging:LogLevel:MedSam2=None", "--MedSam2:Limits:ParamsKilobytes=64", "--MedSam2:Limits:Points=20", .. settings,
            ],
            TestContext.Current.CancellationToken);
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()), Timeout = TimeSpan.FromMinutes(5) };
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(); // disposal alone does not wait for jobs, which then write into a folder that is being deleted
            await _app.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Sends <c>params</c> about <see cref="TestSeries"/> as clients do.</summary>
    public Task<HttpResponseMessage> InferAsync(object parameters, string model = "medsam2", string output = "") => InferAsync(
        $"infer/{model}?image={TestSeries.Uid}{(output is "" ? "" : $"&output={output}")}",
        ("params", System.Text.Json.JsonSerializer.Serialize(parameters)));

    public async Task<HttpResponseMessage> InferAsync(string address, params (string Name, string Text)[] fields)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, text) in fields)
            form.Add(new StringContent(text), name);
        return await Http.PostAsync(address, form, TestContext.Current.CancellationToken);
    }

    /// <summary>The mask of a box or points, through the default answer.</summary>
    internal async Task<LabelMap> MaskAsync(object parameters, string model = "medsam2")
    {
        using var answer = await InferAsync(parameters, model);
        return (await ReadAsync(answer)).Mask;
    }

    /// <summary>Reads the default answer of two parts.</summary>
    internal static async Task<(JsonObject Result, LabelMap Mask, string FileName)> ReadAsync(HttpResponseMessage answer)
    {
        Assert.True(answer.IsSuccessStatusCode, await DescribeAsync(answer));
        var boundary = answer.Content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value!;
        var reader = new MultipartReader(boundary, await answer.Content.ReadAsStreamAsync());
        var parameters = (await reader.ReadNextSectionAsync())!;
        var result = (JsonObject)(await JsonNode.ParseAsync(parameters.Body))!;
        var part = (await reader.ReadNextSectionAsync())!;
        using var mask = new MemoryStream();
        await part.Body.CopyToAsync(mask);
        mask.Position = 0;
        Assert.Null(await reader.ReadNextSectionAsync());
        return (result, ImageFile.ReadLabelMap(mask), ContentDispositionHeaderValue.Parse(part.ContentDisposition!).FileName!);
    }

    internal static async Task<JsonNode> JsonAsync(HttpResponseMessage answer) =>
        (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync()))!;

    private static async Task<string> DescribeAsync(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode ? "" : $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}";
}
