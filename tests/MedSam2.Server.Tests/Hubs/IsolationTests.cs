using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Device;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class IsolationTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Images = 8, Slices = 6;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Eight_interleaved_sessions_on_different_images_get_the_masks_that_each_gets_alone()
    {
        for (var n = 0; n < Images; n++)
            await UploadAsync(n);
        List<string> alone = [];
        for (var n = 0; n < Images; n++)
            alone.Add(await WorkAsync(n));

        var together = await Task.WhenAll(Enumerable.Range(0, Images).Select(WorkAsync));

        Assert.Equal(alone, together);
        Assert.Equal(Images, alone.Distinct().Count());
    }

    [Fact]
    public async Task A_click_during_a_batch_is_answered_within_one_step_of_it()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        var device = server.Services.GetRequiredService<DeviceWorker>();
        List<int> waiting = [];
        using var begun = new ManualResetEventSlim();
        var batch = device.RunStepsAsync(DevicePriority.Batch, _ => Batch(), Stop);
        begun.Wait(Stop);
        var answer = await client.BoxAsync(id);
        await batch;

        // It waited when the first step ended, and had been served before the second one began.
        Assert.Equal([1, 0], waiting);
        Assert.Equal(TestSeries.MiddleSlice, answer.Frame.Index);

        IEnumerable<int> Batch()
        {
            begun.Set();
            SpinWait.SpinUntil(() => device.Waiting(DevicePriority.Click) > 0, TimeSpan.FromMinutes(5));
            waiting.Add(device.Waiting(DevicePriority.Click));
            yield return 0;
            waiting.Add(device.Waiting(DevicePriority.Click));
            yield return 1;
        }
    }

    [Fact]
    public async Task A_click_is_answered_while_a_batch_job_goes_on()
    {
        string[] images = ["deep1", "deep2", "deep3"];
        foreach (var (n, image) in images.Index())
            await UploadAsync(n, image, slices: 60);
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;

        using var started = await server.Http.PostAsJsonAsync("batch/infer/medsam2", new { images, roi = new[] { 12, 28, 16, 32, 30, 30 } }, Stop);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(Stop));
        var task = await TaskAsync();
        while (task["status"]!.GetValue<string>() is "PENDING")
            task = await TaskAsync();
        var answer = await client.BoxAsync(id);
        task = await TaskAsync();

        Assert.Equal(TestSeries.MiddleSlice, answer.Frame.Index);
        Assert.Equal("RUNNING", task["status"]!.GetValue<string>());
        Assert.True(task["done"]!.GetValue<int>() < images.Length, "The batch was over before the click was answered.");
        using var stopped = await server.Http.DeleteAsync("batch/infer", Stop);
        Assert.True(stopped.IsSuccessStatusCode, await stopped.Content.ReadAsStringAsync(Stop));

        async Task<JsonObject> TaskAsync() => (await server.Http.GetFromJsonAsync<JsonObject>("batch/infer", Stop))!;
    }

    private async Task<string> WorkAsync(int n)
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync($"ball{n}")).SessionId;
        await client.ClickAsync(id, 20 + n, 24, 2);
        // Named, so that it is the same work whether the click below comes before its first step or behind it.
        var first = client.PropagateAllAsync(id, 1);
        await client.ClickAsync(id, 44, 40 - n, 3, objectId: 2);
        await first;
        await client.ClickAsync(id, 22 + n, 22, 5);
        await client.UndoAsync(id);
        await client.ClickAsync(id, 2, 2, 4, include: false);
        await client.PropagateAllAsync(id);
        var masks = await client.MasksAsync(id);
        await client.CloseAsync(id, discard: true);
        return masks;
    }

    private Task UploadAsync(int n) => UploadAsync(n, $"ball{n}", Slices);

    private async Task UploadAsync(int n, string name, int slices)
    {
        var geometry = new VolumeGeometry(64, 60, slices, Affine.Identity);
        var random = new Random(n);
        var voxels = new float[geometry.VoxelCount];
        for (var v = 0; v < voxels.Length; v++)
        {
            var (i, j) = (v % 64, v / 64 % 60);
            voxels[v] = random.Next(20) + (((i - 20 - n) * (i - 20 - n)) + ((j - 24) * (j - 24)) < 90 + (n * 8) ? 120 : 30);
        }

        using var file = new MemoryStream();
        NiftiFile.Write(file, new Volume(geometry, new Float32Voxels(voxels)), compress: true, Stop);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file.ToArray()), "file", $"{name}.nii.gz" }, { new StringContent("{}"), "params" } };
        using var answer = await server.Http.PutAsync($"datastore/?image={name}", form, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }
}
