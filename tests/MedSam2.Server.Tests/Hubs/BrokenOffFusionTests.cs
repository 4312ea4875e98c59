using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Device;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Labels;
using MedSam2.Server.Sessions.Storage;
using MedSam2.Server.Sessions.Wire;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>
/// Propagations that end between two frames of their fusion, when all fused masks are found but not all of them sent. Each step
/// is taken by hand, so that it is always the same frame; the session is what the server itself makes, on its device and its journal.
/// </summary>
public sealed class BrokenOffFusionTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Middle = TwoBalls.Slices / 2;

    private static readonly Caller Reader = new("reader", "reader"), Other = new("other", "other");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SessionJournal Journal => server.Services.GetRequiredService<SessionJournal>();

    private SessionOpener Opener => server.Services.GetRequiredService<SessionOpener>();

    [Theory]
    [InlineData("triplanar")]
    [InlineData("six")]
    public async Task Cut_off_in_its_fusion_it_shows_and_keeps_what_is_committed(string orientations)
    {
        var expected = await WholeAsync(orientations);
        await using var begun = await BeginAsync("cut" + orientations);
        var host = begun.Session;
        await OnDevice(() =>
        {
            using var steps = Carry(host, orientations).GetEnumerator();
            UpToFusion(steps);
            Assert.NotEqual(expected, Shown(host)); // others are still to come
            return true;
        });

        Assert.Equal(expected, await OnDevice(() => Shown(host)));
        RequireSame(await OnDevice(() => (host.State(null), Committed(host))));
        var spread = await SpreadAsync(host);
        Assert.Contains(spread, level => level > 0);

        await Journal.TouchAsync(begun.Id); // all before it is kept
        await using var back = await Opener.ResumeAsync(begun.Id, Stop);
        var resumed = back.Session;
        Assert.Equal(expected, await OnDevice(() => Shown(resumed)));
        RequireSame(await OnDevice(() => (resumed.State(null), Committed(resumed))));
        Assert.Equal(spread, await SpreadAsync(resumed));
        Assert.Empty(await OnDevice(() => Frames(Carry(resumed, orientations))));
        Assert.Equal(expected, await OnDevice(() => Shown(resumed)));
    }

    [Fact]
    public async Task Overtaken_by_a_prompt_in_its_fusion_it_is_shown_to_who_prompts_and_is_what_undo_goes_back_to()
    {
        var expected = await WholeAsync("triplanar");
        await using var begun = await BeginAsync("overtaken");
        var host = begun.Session;
        await OnDevice(() =>
        {
            using var steps = Carry(host, "triplanar").GetEnumerator();
            UpToFusion(steps);
            var before = host.Frames.Sequence;
            var answer = host.Prompt(new() { ObjectId = 1, Index = Middle + 1, Points = [new() { At = [16, 16, Middle + 1] }] }, Other, Stop).Value;
            Assert.Throws<OvertakenException>(() => steps.MoveNext());

            // The rest of the fusion is for everybody; the answer is not sent to who has it.
            var (toReader, toOther) = (host.Frames.After(before, notFrom: Reader.ConnectionId).Frames, host.Frames.After(before, notFrom: Other.ConnectionId).Frames);
            Assert.NotEmpty(toOther);
            Assert.Equal(toReader.Where(frame => frame.Sequence != answer.Frame.Sequence), toOther);
            return true;
        });

        RequireSame(await OnDevice(() => (host.State(null), Committed(host))));
        await begun.MoveAsync(redo: false, Reader, Stop);
        Assert.Equal(expected, await OnDevice(() => Shown(host)));
        RequireSame(await OnDevice(() => (host.State(null), Committed(host))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_in_another_propagation_it_takes_no_mix_for_the_last_one(bool inFusion)
    {
        var expected = await WholeAsync("triplanar");
        await using var begun = await BeginAsync(inFusion ? "killed late" : "killed early");
        var host = begun.Session;
        await OnDevice(() => Frames(Carry(host, "triplanar")));
        Assert.Equal(expected, await OnDevice(() => Shown(host)));
        Assert.Contains(await SpreadAsync(host), level => level > 0);

        // What the journal has while nothing has ended it is what a server finds that starts after the kill.
        var running = await OnDevice(() =>
        {
            var steps = Carry(host, "six").GetEnumerator();
            Assert.True((inFusion ? UpToFusion(steps) : Next(steps)) is { } last && last.Pass > 1 == inFusion);
            return steps;
        });
        var found = await OnDevice(() => Shown(host));
        await Journal.TouchAsync(begun.Id); // all before it is kept
        var stored = await Journal.LoadAsync(begun.Id, Stop);
        await OnDevice(() =>
        {
            running.Dispose();
            return true;
        });

        // Under an id of its own, since the first one lives on in this test.
        await using var place = await CreateAsync(begun.Id + " again");
        var resumed = await OnDevice(() => new SegmentationSession(
            new VolumeSession(place.Source.Model, place.Source.Image.Volume, place.Source.Tracking), Journal, place.Id, undoSteps: 10, stored));
        try
        {
            Assert.Equal(found, await OnDevice(() => Shown(resumed)));
            Assert.NotEqual(expected, found);
            RequireSame(await OnDevice(() => (resumed.State(null), Committed(resumed))));
            Assert.Empty(await SpreadAsync(resumed));
            Assert.NotEmpty(await OnDevice(() => Frames(Carry(resumed, "triplanar"))));
            Assert.Equal(expected, await OnDevice(() => Shown(resumed)));
        }
        finally
        {
            await OnDevice(() =>
            {
                resumed.Dispose();
                return true;
            });
        }
    }

    [Fact]
    public async Task Slices_outside_of_what_was_asked_for_are_neither_shown_nor_committed()
    {
        await using var begun = await BeginAsync("part");
        var host = begun.Session;
        var frames = await OnDevice(() => Frames(host.Propagate(
            new() { ObjectIds = [1], Orientations = "triplanar", First = Middle - 1, Last = Middle + 1 }, OrientationChoice.PromptPlane, Reader, Stop)));

        Assert.Equal([Middle - 1, Middle + 1], frames.Select(frame => frame.Index).Distinct().Order());
        var (state, content) = await OnDevice(() => (host.State(null), Committed(host)));
        RequireSame((state, content));
        Assert.Equal([Middle - 1, Middle, Middle + 1], state.Frames.Select(frame => frame.Index).Order());

        // Asked for all of them, it begins again.
        await OnDevice(() => Frames(Carry(host, "triplanar")));
        Assert.Equal(await WholeAsync("triplanar"), await OnDevice(() => Shown(host)));
    }

    /// <summary>What comes of it when nothing comes between.</summary>
    private async Task<string> WholeAsync(string orientations)
    {
        await using var begun = await BeginAsync("whole " + orientations + Guid.NewGuid());
        var host = begun.Session;
        return await OnDevice(() =>
        {
            var frames = Frames(Carry(host, orientations));
            // Otherwise there is nothing to be cut off in.
            Assert.InRange(frames.Count(frame => frame.Pass == frame.Passes), 2, TwoBalls.Slices);
            return Shown(host);
        });
    }

    private async Task<SessionHost> BeginAsync(string id)
    {
        await TwoBalls.UploadAsync(server);
        var host = await CreateAsync(id);
        await host.PromptAsync(new() { ObjectId = 1, Index = Middle, Points = [new() { At = [16, 16, Middle] }] }, Reader, Stop);
        return host;
    }

    private Task<SessionHost> CreateAsync(string id) => Opener.CreateAsync(id, new() { Image = TwoBalls.Image }, owner: id, Stop);

    private static IEnumerable<Written<MaskFrame>?> Carry(SegmentationSession session, string orientations) =>
        session.Propagate(new() { ObjectIds = [1], Orientations = orientations }, OrientationChoice.PromptPlane, Reader, Stop);

    private static List<MaskFrame> Frames(IEnumerable<Written<MaskFrame>?> steps) => [.. steps.OfType<Written<MaskFrame>>().Select(step => step.Value)];

    private static MaskFrame? Next(IEnumerator<Written<MaskFrame>?> steps)
    {
        while (steps.MoveNext())
        {
            if (steps.Current is { } step)
                return step.Value;
        }

        return null;
    }

    /// <summary>Goes as far as the first fused slice.</summary>
    private static MaskFrame UpToFusion(IEnumerator<Written<MaskFrame>?> steps)
    {
        while (Next(steps) is { } frame)
        {
            if (frame.Pass > 1)
                return frame;
        }

        throw new InvalidOperationException("The fusion changed no slice.");
    }

    private static string Shown(SegmentationSession session) => HubClient.Describe(session.State(null).Frames);

    private static CommittedObject Committed(SegmentationSession session)
    {
        var content = new CommitContent();
        foreach (var _ in session.Collect(CommitPlan.Read(new()), content))
        {
            // Its steps fill the content.
        }

        return Assert.Single(content.Objects);
    }

    /// <summary>Slice by slice, to the byte.</summary>
    private static void RequireSame((SessionState Shown, CommittedObject Committed) both)
    {
        for (var k = 0; k < TwoBalls.Slices; k++)
        {
            var shown = both.Shown.Frames.SingleOrDefault(frame => frame.Index == k) is { } frame ? FrameReader.Read(frame).Runs : MaskRuns.Empty;
            Assert.Equal(both.Committed.Slices[k], shown);
        }
    }

    private async Task<byte[]> SpreadAsync(SegmentationSession session) =>
        [.. await OnDevice(() => Enumerable.Range(0, TwoBalls.Slices).SelectMany(k => session.Volume.UncertaintyAt(1, SliceAxis.K, k) ?? []).ToArray())];

    private Task<T> OnDevice<T>(Func<T> work) =>
        server.Services.GetRequiredService<DeviceWorker>().RunAsync(DevicePriority.Click, _ => work(), Stop);
}
