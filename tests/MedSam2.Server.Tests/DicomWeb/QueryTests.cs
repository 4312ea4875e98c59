using System.Net;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.Studies.Tests.Series;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

public sealed class TwoSeriesServer : IAsyncLifetime
{
    public DicomWebServer Server { get; private set; } = null!;

    internal DicomFile[] Ct { get; } = SyntheticSeries.Stack(3, change: (_, d) => d.AddOrUpdate(DicomTag.StudyDate, "20240229"));

    internal DicomFile[] Mr { get; } = SyntheticSeries.Stack(2, change: (_, d) =>
    {
        d.AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 100");
        d.AddOrUpdate(DicomTag.Modality, "MR");
        d.AddOrUpdate(DicomTag.PatientName, "Müller^Jörg");
    });

    public async ValueTask InitializeAsync()
    {
        Server = await DicomWebServer.StartAsync();
        using var response = await Server.PostAsync(Ct.Concat(Mr).Select(DicomWebServer.Bytes));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class QueryTests(TwoSeriesServer two) : IClassFixture<TwoSeriesServer>
{
    private readonly DicomWebServer _server = two.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("studies", 2)]
    [InlineData("series", 2)]
    [InlineData("instances", 5)]
    [InlineData("studies?", 2)]
    [InlineData("series?Modality=CT", 1)]
    [InlineData("series?00080060=MR", 1)]
    [InlineData("series?Modality=CT&PatientName=ph*", 1)]
    [InlineData("studies?PatientName=M%C3%BCller*", 1)]
    [InlineData("studies?StudyDate=20240101-20241231", 1)]
    [InlineData("studies?StudyDate=", 2)]
    [InlineData("studies?limit=1", 1)]
    [InlineData("studies?limit=5&offset=1", 1)]
    [InlineData("studies?limit=0", 0)]
    [InlineData("instances?InstanceNumber=2", 2)]
    [InlineData("studies?StudyInstanceUID=1.2.3", 0)]
    [InlineData("studies/1.2.3/series", 0)]
    public async Task Queries_find_what_they_name(string query, int count)
    {
        Assert.Equal(count, (await _server.GetJsonAsync(query)).GetArrayLength());
    }

    [Fact]
    public async Task Nested_paths_stay_within_their_study_and_series()
    {
        Assert.Equal(1, (await _server.GetJsonAsync($"{DicomWebServer.PathOf(two.Ct[0], 1)}/series")).GetArrayLength());
        Assert.Equal(3, (await _server.GetJsonAsync($"{DicomWebServer.PathOf(two.Ct[0], 1)}/instances")).GetArrayLength());
        Assert.Equal(2, (await _server.GetJsonAsync($"{DicomWebServer.PathOf(two.Mr[0], 2)}/instances")).GetArrayLength());
    }

    [Fact]
    public async Task Names_of_any_character_set_come_in_unicode()
    {
        var study = (await _server.GetJsonAsync("studies?PatientName=*Jörg"))[0];

        Assert.Equal("Müller^Jörg", study.GetProperty("00100010").GetProperty("Value")[0].GetProperty("Alphabetic").GetString());
        Assert.Equal("MR", study.GetProperty("00080061").GetProperty("Value")[0].GetString());
    }

    [Fact]
    public async Task A_series_carries_what_label_servers_read()
    {
        var series = (await _server.GetJsonAsync("series?Modality=CT"))[0];

        foreach (var tag in new[] { "0020000E", "0020000D", "00100020", "00080060", "00080020", "00081190", "00201209" })
            Assert.True(series.TryGetProperty(tag, out _), tag);
        Assert.Equal($"{_server.Client.BaseAddress}{DicomWebServer.PathOf(two.Ct[0], 2)}", series.GetProperty("00081190").GetProperty("Value")[0].GetString());
    }

    [Fact]
    public async Task Included_fields_are_added()
    {
        var plain = (await _server.GetJsonAsync("instances?limit=1"))[0];
        var asked = (await _server.GetJsonAsync("instances?limit=1&includefield=RescaleSlope,00281052"))[0];
        var all = (await _server.GetJsonAsync("instances?limit=1&includefield=all"))[0];

        Assert.False(plain.TryGetProperty("00281053", out _));
        Assert.Equal(-1024, asked.GetProperty("00281052").GetProperty("Value")[0].GetDouble());
        Assert.True(asked.TryGetProperty("00281053", out _));
        Assert.True(all.TryGetProperty("00200037", out _));
    }

    [Theory]
    [InlineData("studies?limit=-1")]
    [InlineData("studies?limit=many")]
    [InlineData("studies?offset=1e9")]
    [InlineData("studies?NoSuchKeyword=1")]
    [InlineData("studies?PatientWeight=70")]
    [InlineData("studies?Modality=CT")]
    [InlineData("studies?StudyDate=today")]
    [InlineData("studies?StudyInstanceUID=abc")]
    [InlineData("series?00400275.00400009=x")]
    [InlineData("studies/abc/series")]
    [InlineData("studies?includefield=NoSuchKeyword")]
    public async Task A_query_that_makes_no_sense_is_400_with_a_reason(string query)
    {
        using var response = await _server.GetAsync(query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.True(JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("detail").GetString()!.Length > 20);
    }

    [Theory]
    [InlineData("application/dicom+json", "application/dicom+json")]
    [InlineData("application/json", "application/json")]
    [InlineData("*/*", "application/dicom+json")]
    [InlineData("application/dicom+xml;q=1, application/json;q=0.5", "application/json")]
    [InlineData("multipart/related; type=\"application/dicom+xml\"", "multipart/related")]
    [InlineData("multipart/related; type=\"application/dicom+xml\", application/dicom+json;q=0.1", "multipart/related")]
    [InlineData(null, "application/dicom+json")]
    public async Task Answers_come_in_the_type_asked_for(string? accept, string type)
    {
        using var response = await _server.GetAsync("studies", accept);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Fuzzy_matching_is_declined_in_a_warning()
    {
        using var response = await _server.GetAsync("studies?fuzzymatching=true");

        Assert.Contains("fuzzymatching", response.Headers.GetValues("Warning").Single(), StringComparison.Ordinal);
    }
}
