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
            if (response.StatusCode == HttpStatusCode.OK)
                await AskAsync(response, name, complaints);
        }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
        Assert.True(paths.Length > atLeast, $"only {paths.Length} files in {folder}");
        Assert.True((await _server.GetJsonAsync("instances?includefield=all")).GetArrayLength() > 0);
    }

    [Theory]
    [InlineData("dicom-odd/pydicom/MR_small.dcm")]
    [InlineData("dicom-odd/pydicom/SC_rgb_rle_2frame.dcm")]
    [InlineData("dicom-codecs/multiframe-colour-seg/emri_small_jpeg_ls_lossless.dcm")]
    [InlineData("ct-dcmqi-seg/23x38x3/seg/label.seg")]
    public async Task Changed_files_are_stored_or_refused_and_never_an_error_of_the_server(string seedFile)
    {
        var complaints = new List<string>();
        var good = await File.ReadAllBytesAsync(SharedData.Require(seedFile.Split('/')), Stop);
        foreach (var batch in FileMutations.Of(good, 7, first: 128).Take(250).Chunk(25))
        {
            using var response = await _server.PostAsync(batch);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
                await AskAsync(response, seedFile, complaints);
            else if (response.StatusCode != HttpStatusCode.Conflict)
                complaints.Add($"{(int)response.StatusCode}");
        }

        Assert.True(complaints.Count == 0, string.Join('\n', complaints));
    }

    /// <summary>Asks for every resource of what a STOW answer says is stored.</summary>
    private async Task AskAsync(HttpResponseMessage stored, string name, List<string> complaints)
    {
        var answer = JsonDocument.Parse(await stored.Content.ReadAsStringAsync(Stop)).RootElement;
        foreach (var item in answer.GetProperty("00081199").GetProperty("Value").EnumerateArray())
        {
            var instance = item.GetProperty("00081190").GetProperty("Value")[0].GetString();
            foreach (var resource in Resources)
            {
                using var got = await _server.GetAsync(instance + resource);
                if ((int)got.StatusCode >= 500 || got.Content.Headers.ContentType is null)
                    complaints.Add($"{name} {resource}: {(int)got.StatusCode} {await got.Content.ReadAsStringAsync(Stop)}");
            }
        }
    }
}
