using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Segmentation;
using MedSam2.Server.Sessions;
using MedSam2.Server.Tests.Device;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Segmentation;

public sealed class WarmSessionsTests : IAsyncLifetime
{
    private static readonly TrackingOptions Tracking = new();
    private static readonly IOptions<InferenceOptions> Settings = Options.Create(new InferenceOptions { WarmSessions = 1 });
    private readonly DeviceWorker worker = new(Options.Create(new LimitOptions()), Meters.Device);
    private readonly ModelHost model;

    public WarmSessionsTests() => model = new ModelHost(worker, Options.Create(new ServerOptions()), Settings, Options.Create(new StreamingOptions()));

    public async ValueTask InitializeAsync() => await model.PrepareAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        model.Dispose();
        worker.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public Task A_second_click_on_a_slice_does_not_encode_it_again_and_finds_no_trace_of_the_first() => OnDevice(sessions =>
    {
        var volume = Ramp();
        var first = sessions.Take(volume, Tracking);
        var answer = Click(first.Session);
        sessions.GiveBack(first);

        var second = sessions.Take(volume, Tracking);

        Assert.Empty(second.Session.ObjectIds);
        Assert.Equal(answer, Click(second.Session));
        Assert.Equal(1, second.Session.EncodedSliceCount);
        second.Dispose();
    });

    [Fact]
    public Task Another_volume_or_other_options_get_a_session_of_their_own() => OnDevice(sessions =>
    {
        var volume = Ramp();
        var first = sessions.Take(volume, Tracking);
        sessions.GiveBack(first);

        using var otherVolume = sessions.Take(Ramp(), Tracking);
        using var otherOptions = sessions.Take(volume, Tracking with { Capacity = 3 });

        Assert.NotSame(first, otherVolume);
        Assert.NotSame(first, otherOptions);
        Assert.Same(first, sessions.Take(volume, Tracking));
        first.Dispose();
    });

    [Fact]
    public Task The_least_recently_used_session_makes_room() => OnDevice(sessions =>
    {
        var (old, recent) = (Ramp(), Ramp());
        var first = sessions.Take(old, Tracking);
        sessions.GiveBack(first);
        var second = sessions.Take(recent, Tracking);
        sessions.GiveBack(second);

        using var again = sessions.Take(old, Tracking);

        Assert.NotSame(first, again);
        Assert.Same(second, sessions.Take(recent, Tracking));
        second.Dispose();
    });

    [Fact]
    public async Task A_session_that_is_open_keeps_its_network_through_a_switch_and_the_next_one_gets_the_new_one()
    {
        using var sessions = new OpenSession();
        await OnDevice(warm => sessions.Open = warm.Take(Ramp(), Tracking));
        var before = sessions.Open!.Lease.Model;

        await model.SwitchAsync(ServerOptions.EmbeddedModel, TestContext.Current.CancellationToken);

        Assert.NotSame(before, model.Model);
        await OnDevice(warm =>
        {
            Assert.NotEmpty(Click(sessions.Open.Session));
            warm.GiveBack(sessions.Open);
            sessions.Open = warm.Take(sessions.Open.Session.Volume, Tracking);
        });
        Assert.Same(model.Model, sessions.Open.Lease.Model);
        Assert.Equal(before.Sha256, model.Model.Sha256);
    }

    [Fact]
    public void A_version_that_is_not_served_goes_with_its_last_lease()
    {
        var served = new ServedModel(SegmentationModel.Load(ServerOptions.EmbeddedModel));
        Assert.True(served.TryTake());
        var lease = new ModelLease(served);

        served.Release(); // as a switch does
        Assert.True(served.TryTake());
        served.Release();
        lease.Dispose();
        lease.Dispose();

        Assert.False(served.TryTake());
        Assert.Throws<ObjectDisposedException>(() => lease.Model);
    }

    private sealed class OpenSession : IDisposable
    {
        public WarmSession? Open { get; set; }

        public void Dispose() => Open?.Dispose();
    }

    private async Task OnDevice(Action<WarmSessions> test) => await worker.RunAsync(
        DevicePriority.Click,
        _ =>
        {
            test(new WarmSessions(model, Settings));
            return true;
        },
        TestContext.Current.CancellationToken);

    private static byte[] Click(VolumeSession session) =>
        session.Prompt(1, new SlicePrompt(SliceAxis.K, 1, [new PromptPoint(20, 20)], null, null)).Mask.Pixels;

    private static Volume Ramp()
    {
        var geometry = new VolumeGeometry(48, 40, 3, Affine.Identity);
        return new(geometry, new Float32Voxels([.. Enumerable.Range(0, (int)geometry.VoxelCount).Select(n => (float)(n % 48))]));
    }
}
