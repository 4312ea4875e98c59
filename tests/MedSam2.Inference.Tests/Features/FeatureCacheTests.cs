using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Features;
using MedSam2.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Features;

/// <summary>Encoded slices within a session's bounds and within those of all sessions.</summary>
public sealed class FeatureCacheTests
{
    private const long SliceBytes = 4 * 256; // 256 numbers of four bytes

    private readonly List<int[]> calls = [];

    [Fact]
    public void A_session_keeps_what_was_used_last_within_its_bound()
    {
        var pool = new FeaturePool(spill: null);
        using var cache = Create(pool, capacity: 3 * SliceBytes);
        foreach (var slice in new[] { 0, 1, 2, 0, 3 })
            AssertIs(slice, cache.Get(SliceAxis.K, slice));

        Assert.Equal(3 * SliceBytes, cache.ByteCount);
        Assert.False(cache.Contains(SliceAxis.K, 1)); // 0 was used again after it
        Assert.Equal([0, 2, 3], new[] { 0, 1, 2, 3 }.Where(slice => cache.Contains(SliceAxis.K, slice)));
        Assert.Equal(4, cache.EncodedCount);
    }

    [Fact]
    public void The_slice_in_use_stays_however_small_the_bounds_are()
    {
        var pool = new FeaturePool(spill: null) { DeviceCapacity = 0 };
        using var cache = Create(pool, capacity: 0);

        AssertIs(1, cache.Get(SliceAxis.K, 1));
        AssertIs(2, cache.Get(SliceAxis.K, 2));

        Assert.Equal(SliceBytes, pool.DeviceBytes);
    }

    [Fact]
    public void All_sessions_together_stay_within_the_bound_of_the_pool()
    {
        var pool = new FeaturePool(spill: null) { DeviceCapacity = 4 * SliceBytes };
        using var first = Create(pool);
        using var second = Create(pool);
        for (var slice = 0; slice < 3; slice++)
        {
            first.Get(SliceAxis.K, slice);
            second.Get(SliceAxis.J, slice);
        }

        Assert.Equal(4 * SliceBytes, pool.DeviceBytes);
        Assert.Equal(pool.DeviceBytes, first.ByteCount + second.ByteCount);
        Assert.False(first.Contains(SliceAxis.K, 0)); // the oldest of each
        Assert.False(second.Contains(SliceAxis.J, 0));
        AssertIs(0, first.Get(SliceAxis.K, 0));
    }

    [Fact]
    public void What_a_device_has_no_room_for_is_spilled_and_comes_back_to_the_bit()
    {
        var pool = new FeaturePool(Copies()) { DeviceCapacity = 2 * SliceBytes, HostCapacity = 2 * SliceBytes };
        using var cache = Create(pool);
        for (var slice = 0; slice < 5; slice++)
            cache.Get(SliceAxis.K, slice);

        Assert.Equal((2 * SliceBytes, 2 * SliceBytes), (pool.DeviceBytes, pool.HostBytes));
        Assert.False(cache.Contains(SliceAxis.K, 0)); // the host is full, too
        AssertIs(1, cache.Get(SliceAxis.K, 1));
        Assert.Equal(5, cache.EncodedCount); // brought back, not encoded again
        Assert.Equal((2 * SliceBytes, 2 * SliceBytes), (pool.DeviceBytes, pool.HostBytes));
    }

    [Fact]
    public void The_CPU_spills_nothing_since_its_memory_is_the_hosts() => Assert.Null(FeatureSpill.Of(CPU));

    [Fact]
    public void Coming_slices_are_encoded_together()
    {
        var pool = new FeaturePool(spill: null);
        using var cache = Create(pool, mostAtOnce: 3);
        cache.Get(SliceAxis.K, 10);

        cache.Prepare(SliceAxis.K, [9, 10, 8, 9, 7, 6]);
        cache.Prepare(SliceAxis.K, [8, 7, 6, 5]); // the next one is there: nothing to do yet
        foreach (var slice in new[] { 9, 8, 7 })
            AssertIs(slice, cache.Get(SliceAxis.K, slice));

        Assert.Equal([[10], [9, 8, 7]], calls);
    }

    [Fact]
    public void No_more_slices_are_encoded_together_than_there_is_room_for()
    {
        using var cache = Create(new FeaturePool(spill: null), capacity: 2 * SliceBytes, mostAtOnce: 8);
        cache.Get(SliceAxis.K, 10);

        cache.Prepare(SliceAxis.K, [0, 1, 2, 3, 4]);

        Assert.Equal([[10], [0, 1]], calls);
        Assert.True(cache.Contains(SliceAxis.K, 0));
    }

    [Fact]
    public void Nothing_is_left_of_a_closed_session()
    {
        var pool = new FeaturePool(Copies()) { DeviceCapacity = 2 * SliceBytes };
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var cache = Create(pool))
        {
            for (var slice = 0; slice < 4; slice++)
                cache.Get(SliceAxis.K, slice);
        }

        Assert.Equal((0, 0), (pool.DeviceBytes, pool.HostBytes));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>As to a device and back, with the processor's memory on both sides.</summary>
    private static FeatureSpill Copies() => new(Copy, Copy);

    private static ImageFeatures Copy(ImageFeatures features) => new ImageFeatures([.. features.Levels.Select(level => level.clone())]).DetachFromDisposeScope();

    private FeatureCache Create(FeaturePool pool, long capacity = long.MaxValue, int mostAtOnce = 1) => new(pool, capacity, mostAtOnce, (_, indices) =>
    {
        calls.Add([.. indices]);
        return [.. indices.Select(index => new ImageFeatures([full([1, 1, 16, 16], (float)index)]).DetachFromDisposeScope())];
    });

    private static void AssertIs(int slice, ImageFeatures features)
    {
        using var scope = NewDisposeScope();
        Assert.All(features.Top.data<float>().ToArray(), value => Assert.Equal(slice, value));
    }
}
