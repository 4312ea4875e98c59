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
        var second = LoadAsync(gate, () =>
        {
            loaded = true;
            return Task.FromResult(Image());
        });

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
        var all = Enumerable.Range(0, VolumeGate.MostLoading + 1).Select(_ => LoadAsync(gate, () => reading.Task)).ToList();

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
            await Assert.ThrowsAsync<IOException>(() => LoadAsync(gate, () => Task.FromException<LoadedImage>(new IOException())));

        (await LoadAsync(gate)).Dispose();
    }

    [Fact]
    public async Task Who_goes_away_while_a_volume_is_read_leaves_it_counted_until_it_is_there()
    {
        var gate = Create(waiting: 10);
        var reading = new TaskCompletionSource<LoadedImage>();
        using var away = new CancellationTokenSource();
        var left = Enumerable.Range(0, VolumeGate.MostLoading).Select(_ => gate.LoadAsync(Source(() => reading.Task), DevicePriority.Click, away.Token)).ToArray();
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
        var waiting = gate.LoadAsync(Source(() => Task.FromResult(Image())), DevicePriority.Click, away.Token);
        await Assert.ThrowsAsync<DeviceBusyException>(() => LoadAsync(gate));

        await away.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, gate.Waiting);
    }

    [Fact]
    public async Task The_same_volume_counts_once_until_the_last_one_gives_it_back()
    {
        var gate = Create(waiting: 10, megabytes: 2);
        var image = Image();
        var first = await LoadAsync(gate, () => Task.FromResult(image));
        var second = await LoadAsync(gate, () => Task.FromResult(image));
        Assert.Equal(image.Bytes, gate.Bytes);

        // Half of the room is left.
        using (await LoadAsync(gate))
            Assert.Equal(2 * image.Bytes, gate.Bytes);
        first.Dispose();
        Assert.Equal(image.Bytes, gate.Bytes);
        second.Dispose();
        Assert.Equal(0, gate.Bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_cache_has_waits_neither_for_others_loads_nor_for_room(bool hang)
    {
        var (gate, cache) = (Create(waiting: 10), new VolumeCache(Options.Create(new InferenceOptions())));
        var never = new TaskCompletionSource<LoadedImage>();
        var image = await cache.GetAsync("cached", () => Task.FromResult(Image()), Stop);
        if (hang)
            _ = Enumerable.Range(0, VolumeGate.MostLoading).Select(_ => LoadAsync(gate, () => never.Task)).ToArray();
        else
            _ = await LoadAsync(gate);
        var waiting = LoadAsync(gate);

        using var held = await gate.LoadAsync(Cached(cache, "cached"), DevicePriority.Propagation, Stop).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        Assert.Same(image, held.Image);
        Assert.Equal((1, false), (gate.Waiting, waiting.IsCompleted));
    }

    [Fact]
    public async Task Who_asks_for_a_volume_that_is_being_read_shares_its_place()
    {
        var (gate, cache) = (Create(waiting: 10), new VolumeCache(Options.Create(new InferenceOptions())));
        var reading = new TaskCompletionSource<LoadedImage>();
        var both = Enumerable.Range(0, 2).Select(_ => gate.LoadAsync(Cached(cache, "one", reading.Task), DevicePriority.Click, Stop)).ToArray();

        var other = await LoadAsync(gate).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        other.Dispose();
        var image = Image();
        reading.SetResult(image);
        Assert.All(await Task.WhenAll(both), held => Assert.Same(image, held.Image));
        Assert.Equal(image.Bytes, gate.Bytes);
    }

    [Fact]
    public async Task Who_waits_for_a_volume_that_comes_into_the_cache_waits_no_longer()
    {
        var (gate, cache) = (Create(waiting: 10), new VolumeCache(Options.Create(new InferenceOptions())));
        using var full = await LoadAsync(gate);
        var waiting = gate.LoadAsync(Cached(cache, "one"), DevicePriority.Click, Stop);
        Assert.Equal(1, gate.Waiting);

        var image = await cache.GetAsync("one", () => Task.FromResult(Image()), Stop);
        using var joined = await gate.LoadAsync(Cached(cache, "one"), DevicePriority.Click, Stop);
        using var held = await waiting.WaitAsync(TimeSpan.FromMinutes(1), Stop);
        Assert.Same(image, held.Image);
    }

    [Fact]
    public async Task A_remote_archive_that_hangs_holds_up_its_own_images_alone()
    {
        var gate = Create(waiting: 10);
        var never = new TaskCompletionSource<LoadedImage>();
        var hanging = Enumerable.Range(0, VolumeGate.MostLoading + 1)
            .Select(_ => gate.LoadAsync(Source(() => never.Task) with { IsRemote = true }, DevicePriority.Click, Stop)).ToArray();
        Assert.Equal(1, gate.Waiting);

        using var upload = await LoadAsync(gate).WaitAsync(TimeSpan.FromMinutes(1), Stop);
        Assert.DoesNotContain(hanging, one => one.IsCompleted);
    }

    [Fact]
    public async Task A_click_overtakes_whole_volumes_that_wait_and_no_earlier_click()
    {
        var gate = Create(waiting: 10);
        var first = await LoadAsync(gate);
        List<string> begun = [];
        var all = new[] { ("volume 1", DevicePriority.Propagation), ("volume 2", DevicePriority.Propagation), ("click 1", DevicePriority.Click), ("click 2", DevicePriority.Click) }
            .Select(asked => UseAsync(asked.Item1, asked.Item2)).ToArray();
        Assert.Equal(4, gate.Waiting);

        first.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(["click 1", "click 2", "volume 1", "volume 2"], begun);

        async Task UseAsync(string name, DevicePriority priority)
        {
            // The gate begins one after another.
            var source = Source(() =>
            {
                begun.Add(name);
                return Task.FromResult(Image());
            });
            (await gate.LoadAsync(source, priority, Stop)).Dispose();
        }
    }

    private static Task<HeldImage> LoadAsync(VolumeGate gate) => LoadAsync(gate, () => Task.FromResult(Image()));

    private static Task<HeldImage> LoadAsync(VolumeGate gate, Func<Task<LoadedImage>> load) => gate.LoadAsync(Source(load), DevicePriority.Click, Stop);

    /// <summary>What no cache keeps.</summary>
    private static ImageSource Source(Func<Task<LoadedImage>> load) => new(() => null, load);

    private static ImageSource Cached(VolumeCache cache, string key, Task<LoadedImage>? loading = null) =>
        new(() => cache.Find(key), () => cache.GetAsync(key, () => loading ?? Task.FromResult(Image()), Stop));

    /// <summary>1 MiB: as large as the gate lets in at once, if not said otherwise.</summary>
    private static LoadedImage Image()
    {
        var geometry = new VolumeGeometry(1024, 512, 1, Affine.Identity);
        return new(new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount])), Series: null);
    }

    private static VolumeGate Create(int waiting, int megabytes = 1) =>
        new(Options.Create(new InferenceOptions { VolumesInHandMegabytes = megabytes }), Options.Create(new LimitOptions { Waiting = waiting }));
}
