using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Images;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Images;

public sealed class VolumeGateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beyond_the_bytes_a_request_waits_without_a_volume_until_one_is_given_back()
    {
        var gate = Create(waiting: 10);
        var first = await LoadAsync(gate);
        var loaded = false;
        var second = gate.LoadAsync(
            () =>
            {
                loaded = true;
                return Task.FromResult(Image());
            },
            Stop);

        Assert.Equal((1, false, false), (gate.Waiting, second.IsCompleted, loaded));
        first.Dispose();
        using var held = await second;
        Assert.Equal((0, true), (gate.Waiting, loaded));
    }

    [Fact]
    public async Task Before_any_size_is_known_only_so_many_are_read()
    {
        var gate = Create(waiting: 10);
        var reading = new TaskCompletionSource<LoadedImage>();
        var all = Enumerable.Range(0, VolumeGate.MostLoading + 1).Select(_ => gate.LoadAsync(() => reading.Task, Stop)).ToList();

        Assert.Equal(1, gate.Waiting);
        reading.SetResult(Image());
        while (all.Count > 0)
        {
            var next = await Task.WhenAny(all);
            all.Remove(next);
            (await next).Dispose();
        }
    }

    [Fact]
    public async Task What_cannot_be_read_counts_no_longer()
    {
        var gate = Create(waiting: 10);
        for (var n = 0; n < VolumeGate.MostLoading + 1; n++)
            await Assert.ThrowsAsync<IOException>(() => gate.LoadAsync(() => Task.FromException<LoadedImage>(new IOException()), Stop));

        (await LoadAsync(gate)).Dispose();
    }

    [Fact]
    public async Task Who_goes_away_while_a_volume_is_read_leaves_it_counted_until_it_is_there()
    {
        var gate = Create(waiting: 10);
        var reading = new TaskCompletionSource<LoadedImage>();
        using var away = new CancellationTokenSource();
        var left = Enumerable.Range(0, VolumeGate.MostLoading).Select(_ => gate.LoadAsync(() => reading.Task, away.Token)).ToArray();
        await away.CancelAsync();
        foreach (var one in left)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);

        var next = LoadAsync(gate);
        Assert.Equal((1, false), (gate.Waiting, next.IsCompleted));
        reading.SetResult(Image());
        (await next).Dispose();
    }

    [Fact]
    public async Task Who_stops_waiting_leaves_the_queue_and_one_too_many_is_refused()
    {
        var gate = Create(waiting: 1);
        using var first = await LoadAsync(gate);
        using var away = new CancellationTokenSource();
        var waiting = gate.LoadAsync(() => Task.FromResult(Image()), away.Token);
        await Assert.ThrowsAsync<DeviceBusyException>(() => LoadAsync(gate));

        await away.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, gate.Waiting);
    }

    private static Task<HeldImage> LoadAsync(VolumeGate gate) => gate.LoadAsync(() => Task.FromResult(Image()), Stop);

    /// <summary>As large as the gate lets in at once: 1 MiB.</summary>
    private static LoadedImage Image()
    {
        var geometry = new VolumeGeometry(1024, 512, 1, Affine.Identity);
        return new(new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount])), Series: null);
    }

    private static VolumeGate Create(int waiting) =>
        new(Options.Create(new InferenceOptions { VolumesInHandMegabytes = 1 }), Options.Create(new LimitOptions { Waiting = waiting }));
}
