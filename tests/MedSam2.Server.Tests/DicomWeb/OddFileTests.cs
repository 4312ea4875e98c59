using System.Net;
using System.Text.Json;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.DicomWeb;

/// <summary>Malformed, rare and hostile files: each is stored or refused with a reason, and whatever is stored can be asked for without harm.</summary>
public sealed class OddFileTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly string[] Resources = ["/metadata", "/frames/1", "/rendered", "/thumbnail", "?accept=application/dicom;transfer-syntax=1.2.840.10008.1.2.1"];

    private readonly DicomWebServer _server = shared.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dicom-odd", 60)]
    [InlineData("dicom-codecs", 40)]
    public async Task Every_odd_file_is_stored_or_refused_and_never_an_error_of_the_server(string folder, int atLeast)
    {
        var complaints = new List<string>();
        var paths = Directory.GetFiles(SharedData.Require(folder), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        foreach (var path in paths)
        {
            var name = Path.GetRelativePath(SharedData.Require(folder), path);
            using var response = await _server.PostAsync([await File.ReadAllBytesAsync(path, Stop)]);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
                complaints.Add($"{name}: {(int)response.StatusCode}");
            if (response.StatusCode != HttpStatusCode.OK)
                continue;

            var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement;
            var instance = answer.GetProperty("00081199").GetProperty("Value")[0].GetProperty("00081190").GetProperty("Value")[0].GetString();
            foreach (var resource in Resources)
            {
                using var got = await _server.GetAsync(instance + resource);
                if ((int)got.StatusCode >= 500 || got.Content.Headers.ContentType is null)
                    complaints.Add($"{name} {resource}: {(int)got.StatusCode} {await got.Content.ReadAsStringAsync(Stop)}");
            }
        }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        Assert.True(paths.Length > atLeast, $"only {paths.Length} files in {folder}");
        Assert.True((await _server.GetJsonAsync("instances?includefield=all")).GetArrayLength() > 0);
    }
}
