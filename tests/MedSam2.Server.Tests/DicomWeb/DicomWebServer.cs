using System.Net.Http.Headers;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.Server.DicomWeb;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store;
using MedSam2.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>The DICOMweb endpoints on a real socket, with an empty store of their own.</summary>
public sealed class DicomWebServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private DicomWebServer(TemporaryFolder folder, StudyStore store, WebApplication app)
    {
        _folder = folder;
        Store = store;
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First() + "/dicom-web/") };
    }

    public StudyStore Store { get; }

    public HttpClient Client { get; }

    public string DataFolder => _folder.Path;

    internal static async Task<DicomWebServer> StartAsync(StoreLimits? limits = null)
    {
        var folder = new TemporaryFolder();
        var store = await StudyStore.OpenAsync(new() { DataFolder = folder.Path, Limits = limits ?? StoreLimits.Default });
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(store);
        builder.AddErrorAnswers();
        var app = builder.Build();
        app.UseErrorAnswers();
        app.MapDicomWeb();
        await app.StartAsync();
        return new(folder, store, app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Store.Dispose();
        _folder.Dispose();
    }

    /// <summary>STOW-RS with one part a file.</summary>
    internal Task<HttpResponseMessage> PostAsync(IEnumerable<byte[]> files, string path = "studies") => Client.PostAsync(path, Multipart(files), TestContext.Current.CancellationToken);

    internal async Task<HttpResponseMessage> GetAsync(string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    internal async Task<JsonElement> GetJsonAsync(string path)
    {
        using var response = await GetAsync(path, "application/dicom+json");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("application/dicom+json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement;
    }

    internal static MultipartContent Multipart(IEnumerable<byte[]> files)
    {
        var content = new MultipartContent("related", "b0undary");
        content.Headers.ContentType!.Parameters.Add(new NameValueHeaderValue("type", "\"application/dicom\""));
        foreach (var file in files)
        {
            var part = new ByteArrayContent(file);
            part.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
            content.Add(part);
        }

        return content;
    }

    internal static byte[] Bytes(DicomFile file)
    {
        using var stream = new MemoryStream();
        file.Save(stream);
        return stream.ToArray();
    }

    internal static string PathOf(DicomFile file, int level = 3)
    {
        var path = $"studies/{file.Dataset.GetString(DicomTag.StudyInstanceUID)}";
        if (level > 1)
            path += $"/series/{file.Dataset.GetString(DicomTag.SeriesInstanceUID)}";
        return level > 2 ? $"{path}/instances/{file.Dataset.GetString(DicomTag.SOPInstanceUID)}" : path;
    }
}
