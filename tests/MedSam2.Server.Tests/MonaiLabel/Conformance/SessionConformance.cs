using System.IO.Compression;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Studies.Writing;
using Xunit;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>The conformance checklist of MONAI Label's HTTP contract: sessions.</summary>
public sealed class SessionConformance(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly PlainClient _client = new(server.Address);

    [Fact]
    public async Task C59_a_session_is_made_read_touched_and_deleted_once()
    {
        var content = Volume();
        var made = await CreateAsync(("files", "spleen_3.nii.gz", content));
        Assert.Equal(200, made.Status);
        var id = made.Json!["session_id"]!.GetValue<string>();
        Assert.True(Guid.TryParse(id, out _));
        var info = made.Json!["session_info"]!.AsObject();
        Assert.Equal(["name", "path", "image", "meta", "create_ts", "last_access_ts", "expiry"], info.Select(pair => pair.Key));
        Assert.Equal(id, info["name"]!.GetValue<string>());
        Assert.DoesNotContain(server.DataFolder, made.Text, StringComparison.Ordinal);

        Assert.Equal(info.ToJsonString(), (await _client.GetAsync($"/session/{id}")).Text);
        Assert.Equal(200, (await _client.GetAsync($"/session/{id}?update_ts=true")).Status);
        Assert.Equal(content, (await _client.GetAsync($"/session/{id}?image=true")).Body);
        Assert.Equal(id, (await _client.DeleteAsync($"/session/{id}")).Json!["name"]!.GetValue<string>());
        Assert.Equal(404, (await _client.DeleteAsync($"/session/{id}")).Status);
        Assert.Equal(404, (await _client.GetAsync($"/session/{id}")).Status);
        Assert.DoesNotContain(Directory.GetFiles(server.DataFolder, "*", SearchOption.AllDirectories), file => file.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task C37_a_session_works_and_wins_over_the_image()
    {
        var id = (await CreateAsync(("files", "x.nii.gz", Volume()))).Json!["session_id"]!.GetValue<string>();
        using var answer = await server.InferAsync($"infer/medsam2_2d?image=MRHead&session_id={id}", ("params", """{"roi":[60,83,10,25,4,4]}"""));

        var (_, mask, name) = await RunningServer.ReadAsync(answer);
        Assert.Equal((TestSeries.Columns, TestSeries.Slices), (mask.Geometry.Columns, mask.Geometry.Slices));
        Assert.True(mask.Count(1) > 100);
        Assert.EndsWith(".nii.gz", name, StringComparison.Ordinal);
        using var unknown = await server.InferAsync($"infer/medsam2_2d?image={TestSeries.Uid}&session_id={Guid.NewGuid()}", ("params", "{}"));
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_files_of_a_series_are_one_image_packed_or_not(bool packed)
    {
        var files = CtSeriesWriter.Write(TestSeries.Volume, TestSeries.Description).Select(file =>
        {
            using var content = new MemoryStream();
            file.Save(content);
            return content.ToArray();
        }).ToArray();
        var made = packed
            ? await _client.MultipartAsync("PUT", "/session/?uncompress=true", [], ("files", "series.zip", Zip(files)))
            : await CreateAsync([.. files.Select((file, n) => ("files", $"IM{n}", file))]);
        Assert.Equal(200, made.Status);
        var id = made.Json!["session_id"]!.GetValue<string>();

        using var image = new MemoryStream((await _client.GetAsync($"/session/{id}?image=true")).Body);
        Assert.Equal(TestSeries.Volume[70, 17, 4], ImageFile.ReadVolume(image)[70, 17, 4]);
        using var answer = await server.InferAsync($"infer/medsam2_2d?image=&session_id={id}&output=dicom_seg", ("params", """{"roi":[60,83,10,25,4,4],"label_info":[{"name":"liver"}]}"""));
        Assert.Equal("application/dicom", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task What_is_no_image_makes_no_session()
    {
        Assert.Equal(422, (await CreateAsync(("file", "x.nii.gz", Volume()))).Status);
        Assert.Equal(422, (await CreateAsync(("files", "x.txt", "text"u8.ToArray()))).Status);
        Assert.Equal(400, (await CreateAsync(("files", "x.nii.gz", "text"u8.ToArray()))).Status);
        Assert.Equal(422, (await CreateAsync(("files", "x.nii.gz", Volume()), ("files", "y.nii.gz", Volume()))).Status);
        Assert.Equal(400, (await _client.MultipartAsync("PUT", "/session/?uncompress=true", [], ("files", "x.zip", "text"u8.ToArray()))).Status);
        Assert.Equal(422, (await _client.MultipartAsync("PUT", "/session/?expiry=-1", [], ("files", "x.nii.gz", Volume()))).Status);
        Assert.Equal(404, (await _client.GetAsync("/session/..%2F..%2Fx")).Status);
    }

    [Fact]
    public async Task An_asked_expiry_is_capped_and_none_takes_the_longest()
    {
        Assert.Equal(90, (await _client.MultipartAsync("PUT", "/session/?expiry=90", [], ("files", "x.nii.gz", Volume()))).Json!["session_info"]!["expiry"]!.GetValue<int>());
        var longest = (await CreateAsync(("files", "x.nii.gz", Volume()))).Json!["session_info"]!["expiry"]!.GetValue<int>();
        Assert.Equal(longest, (await _client.MultipartAsync("PUT", "/session/?expiry=2000000000", [], ("files", "x.nii.gz", Volume()))).Json!["session_info"]!["expiry"]!.GetValue<int>());
    }

    private Task<PlainAnswer> CreateAsync(params (string, string, byte[])[] files) => _client.MultipartAsync("PUT", "/session/", [("client_id", "user-xyz")], files);

    private static byte[] Volume()
    {
        using var file = new MemoryStream();
        NiftiFile.Write(file, TestSeries.Volume, compress: true);
        return file.ToArray();
    }

    private static byte[] Zip(byte[][] files)
    {
        using var content = new MemoryStream();
        using (var zip = new ZipArchive(content, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (file, n) in files.Select((file, n) => (file, n)))
            {
                using var entry = zip.CreateEntry($"../series/{n}").Open();
                entry.Write(file);
            }
        }

        return content.ToArray();
    }
}
