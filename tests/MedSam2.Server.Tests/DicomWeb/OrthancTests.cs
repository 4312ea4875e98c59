using System.Net.Http.Json;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>Another archive's DICOMweb client against our endpoints.</summary>
public sealed class OrthancTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly DicomWebServer _server = shared.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orthanc_stores_searches_and_retrieves_a_series_here()
    {
        using var orthanc = await OrthancPeer.StartAsync(_server.Client.BaseAddress!);
        var paths = Directory.GetFiles(SharedData.Require("ct-abdomen-dicom", "ct-explicit"), "*.dcm").Order(StringComparer.Ordinal).Take(6).ToArray();
        foreach (var path in paths)
        {
            using var added = await orthanc.Client.PostAsync("instances", new ByteArrayContent(await File.ReadAllBytesAsync(path, Stop)), Stop);
            Assert.True(added.IsSuccessStatusCode);
        }

        var study = (await orthanc.Client.GetFromJsonAsync<string[]>("studies", Stop))!.Single();
        var uid = DicomFile.Open(paths[0]).Dataset.GetString(DicomTag.StudyInstanceUID);

        var sent = await orthanc.PostAsync<JsonElement>("dicom-web/servers/peer/stow", new { Resources = new[] { study } });
        Assert.Equal("6", sent.GetProperty("InstancesCount").GetString());
        Assert.Equal(6, (await _server.GetJsonAsync($"studies/{uid}/instances")).GetArrayLength());

        var found = await orthanc.PostAsync<JsonElement>("dicom-web/servers/peer/qido", new { Uri = "/studies", Arguments = new { PatientID = "TSEX*", StudyDate = "20200101" } });
        Assert.Equal(uid, found[0].GetProperty("0020000D").GetProperty("Value").GetString());

        using (await orthanc.Client.DeleteAsync($"studies/{study}", Stop))
        {
        }

        var fetched = await orthanc.PostAsync<JsonElement>("dicom-web/servers/peer/retrieve", new { Resources = new[] { new { Study = uid } } });
        Assert.Equal("6", fetched.GetProperty("ReceivedInstancesCount").GetString());
        var back = await Task.WhenAll((await orthanc.Client.GetFromJsonAsync<string[]>("instances", Stop))!
            .Select(id => orthanc.Client.GetByteArrayAsync($"instances/{id}/file", Stop)));
        Assert.Equal(paths.Select(p => Pixels(DicomFile.Open(p))).Order(), back.Select(b => Pixels(DicomFile.Open(new MemoryStream(b), FileReadOption.ReadAll))).Order());
    }

    private static string Pixels(DicomFile file) => Convert.ToHexString(file.Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData).Buffer.Data);
}
