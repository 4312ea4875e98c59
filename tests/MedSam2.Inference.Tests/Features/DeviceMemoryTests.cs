using System.Runtime.InteropServices;
using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Features;
using MedSam2.Inference.Tests.Sessions;
using MedSam2.Network;
using MedSam2.Network.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Features;

/// <summary>A device without memory left, for real: a tensor larger than any machine's memory is asked for.</summary>
public sealed class DeviceMemoryTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const long Petabytes = 1L << 50;

    [Fact]
    public void A_call_without_room_is_done_once_more_sparingly_after_the_encoded_slices_are_gone()
    {
        var pool = new FeaturePool(spill: null);
        using var cache = Cache(pool);
        cache.Get(SliceAxis.K, 0);
        List<(bool Sparingly, long Bytes)> attempts = [];

        var answer = DeviceMemory.Run(pool, sparingly =>
        {
            attempts.Add((sparingly, pool.DeviceBytes));
            if (!sparingly)
                AskForTooMuch();
            return 42;
        });

        Assert.Equal(42, answer);
        Assert.Equal([false, true], attempts.Select(a => a.Sparingly));
        Assert.True(attempts[0].Bytes > 0);
        Assert.Equal(0, attempts[1].Bytes);
        Assert.Equal(1, cache.Get(SliceAxis.K, 0).Batch); // encoded again
    }

    [Fact]
    public void A_call_without_room_even_so_is_told_and_the_next_one_works()
    {
        var pool = new FeaturePool(spill: null);
        var attempts = 0;

        var failure = Assert.Throws<DeviceMemoryException>(() => DeviceMemory.Run<int>(pool, _ =>
        {
            attempts++;
            AskForTooMuch();
            return 0;
        }));

        Assert.Equal(2, attempts);
        Assert.Contains("too little free memory", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, DeviceMemory.Run(pool, _ => 1));
    }

    [Fact]
    public void Another_failure_is_no_shortage()
    {
        var attempts = 0;

        Assert.Throws<ExternalException>(() => DeviceMemory.Run(new FeaturePool(spill: null), _ =>
        {
            attempts++;
            using var scope = NewDisposeScope();
            return zeros(2, 3).mm(zeros(2, 3)).numel();
        }));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public void Slices_that_do_not_fit_together_are_encoded_one_by_one()
    {
        using var scope = new InferenceScope();
        var size = nano.Model.Configuration.ImageSize;
        var attempts = 0;

        var features = SliceEncoding.Run(nano.Model, [3, 4], index =>
        {
            if (attempts++ == 0)
                AskForTooMuch();
            return full([1, 3, size, size], index / 10f);
        });

        Assert.Equal(3, attempts);
        foreach (var (n, encoded) in features.Index())
        {
            var alone = nano.Model.Network.EncodeImage(full([1, 3, size, size], (n + 3) / 10f));
            Assert.True((alone.Top - encoded.Top).abs().max().item<float>() == 0);
            encoded.Dispose();
        }
    }

    [Fact]
    public void Slices_encoded_together_are_those_encoded_alone()
    {
        using var scope = new InferenceScope();
        var size = nano.Model.Configuration.ImageSize;
        var inputs = Enumerable.Range(0, 3).Select(_ => randn(1, 3, size, size)).ToArray();

        var together = SliceEncoding.Run(nano.Model, [0, 1, 2], index => inputs[index]);

        foreach (var (n, encoded) in together.Index())
        {
            var alone = nano.Model.Network.EncodeImage(inputs[n]);
            foreach (var (a, b) in alone.Levels.Zip(encoded.Levels))
            {
                Assert.True((a - b).abs().max().item<float>() < 1e-4, $"Slice {n} differs.");
                Assert.Equal(a.numel() * 4, b.storage_offset() == 0 ? b.numel() * b.element_size() : -1); // memory of its own
            }

            encoded.Dispose();
        }
    }

    [Fact]
    public void A_session_gives_the_same_masks_where_all_sessions_share_little_memory()
    {
        var expected = Track();
        nano.Model.BoundFeatures(3 << 20, 0);
        try
        {
            Assert.Equal(expected, Track());
        }
        finally
        {
            nano.Model.BoundFeatures(4L << 30, 0);
        }
    }

    private byte[] Track()
    {
        using var session = new VolumeSession(nano.Model, BallVolume.Create());
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Propagate([1], PropagationRange.Whole).Complete();
        session.Prompt(1, new(SliceAxis.K, 3, [new(22, 24)]));
        session.Propagate([1], PropagationRange.Whole).Complete();
        return session.ToLabelMap().Labels;
    }

    private static void AskForTooMuch()
    {
        using var scope = NewDisposeScope();
        empty(Petabytes);
    }

    private static FeatureCache Cache(FeaturePool pool) => new(
        pool, long.MaxValue, 1, (_, indices) => [.. indices.Select(_ => new ImageFeatures([zeros(1, 1, 4, 4)]).DetachFromDisposeScope())]);
}
