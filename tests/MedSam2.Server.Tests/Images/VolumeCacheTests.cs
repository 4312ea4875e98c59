using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Images;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Images;

public sealed class VolumeCacheTests
{
    [Fact]
    public async Task Callers_at_once_wait_for_one_load()
    {
        var cache = Create(megabytes: 10);
        using var gate = new ManualResetEventSlim();
        var loads = 0;

        Task<LoadedImage> Load()
        {
            Interlocked.Increment(ref loads);
            gate.Wait(TestContext.Current.CancellationToken);
            return Task.FromResult(Image());
        }

        var first = cache.GetAsync("a", Load, TestContext.Current.CancellationToken);
        var second = cache.GetAsync("a", Load, TestContext.Current.CancellationToken);
        gate.Set();

        Assert.Same(await first, await second);
        Assert.Equal(1, loads);
    }

    [Fact]
    public async Task The_least_recently_used_goes_when_the_bytes_are_spent()
    {
        var cache = Create(megabytes: 2);
        var a = await GetAsync(cache, "a");
        Assert.Equal((1, a.Bytes), (cache.Count, cache.Bytes));
        var b = await GetAsync(cache, "b");
        Assert.Same(a, await GetAsync(cache, "a"));

        await GetAsync(cache, "c");

        Assert.Same(a, await GetAsync(cache, "a"));
        Assert.NotSame(b, await GetAsync(cache, "b"));
    }

    [Fact]
    public async Task One_volume_stays_even_beyond_the_limit()
    {
        var cache = Create(megabytes: 0);
        var a = await GetAsync(cache, "a");

        Assert.Same(a, await GetAsync(cache, "a"));
    }

    [Fact]
    public async Task A_load_that_failed_is_tried_again()
    {
        var cache = Create(megabytes: 2);
        await Assert.ThrowsAsync<IOException>(() => cache.GetAsync("a", () => throw new IOException("gone"), TestContext.Current.CancellationToken));

        Assert.NotNull(await GetAsync(cache, "a"));
    }

    [Fact]
    public async Task A_caller_who_gives_up_does_not_stop_the_others()
    {
        var cache = Create(megabytes: 2);
        using var gate = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();

        Task<LoadedImage> Load()
        {
            gate.Wait(TestContext.Current.CancellationToken);
            return Task.FromResult(Image());
        }

        var first = cache.GetAsync("a", Load, stop.Token);
        var second = cache.GetAsync("a", Load, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.Set();

        Assert.NotNull(await second);
    }

    private static Task<LoadedImage> GetAsync(VolumeCache cache, string key) => cache.GetAsync(key, () => Task.FromResult(Image()), TestContext.Current.CancellationToken);

    private static VolumeCache Create(int megabytes) => new(Options.Create(new InferenceOptions { VolumeCacheMegabytes = megabytes }));

    /// <summary>One MiB.</summary>
    private static LoadedImage Image()
    {
        var geometry = new VolumeGeometry(1024, 512, 1, Affine.Identity);
        return new(new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount])), null);
    }
}
