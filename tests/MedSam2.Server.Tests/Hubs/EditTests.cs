using MedSam2.Imaging.Masks;
using MedSam2.Server.Hubs.Contracts;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class EditTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task A_mask_painted_by_hand_is_pinned_and_what_is_committed_for_its_slice()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        await client.PropagateAllAsync(id);
        var painted = Paint();
        var answer = await client.CallAsync<PromptAnswer>("Prompt", new PromptRequest { SessionId = id, ObjectId = 1, Index = 6, Mask = ToData(painted) });
        Assert.True(answer.Frame.Pinned);
        Assert.Equal(painted.Pixels, HubClient.Decode(answer.Frame, TestSeries.Columns, TestSeries.Rows).Pixels);
        Assert.Equal("Edit on slice 6 of Object 1", answer.History.Undo);

        await client.PropagateAllAsync(id);
        // What is said across it gives way to it.
        await client.CallAsync<PromptAnswer>("Prompt", new PromptRequest { SessionId = id, ObjectId = 1, Plane = "j", Index = 15, Points = [new() { At = [70, 15, 5] }] });
        var frame = (await client.StateAsync(id)).Frames.Single(f => f is { Index: 6, Plane: "k" });
        Assert.Equal(painted.Pixels, HubClient.Decode(frame, TestSeries.Columns, TestSeries.Rows).Pixels);

        await client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = id, Tag = "original" });
        var loaded = await client.CallAsync<Change>("LoadLabel", new LoadLabelRequest { SessionId = id, LabelId = "original" });
        Assert.Equal(painted.Pixels, HubClient.Decode(loaded.Frames.Single(f => f.Index == 6), TestSeries.Columns, TestSeries.Rows).Pixels);
    }

    [Fact]
    public async Task Commit_stores_a_SEG_and_a_label_that_tell_how_they_came_about()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        await using var other = await HubClient.ConnectAsync(server.Address);
        var session = await client.CallAsync<SessionInfo>("OpenSession", new OpenSessionRequest
        {
            Image = TestSeries.Uid,
            User = "Ada",
            Options = new() { Preset = "bone", Bank = "threshold", Capacity = 3, Threshold = 0.5, Resampling = "stochastic", Temperature = 0.25, Seed = 9, Orientations = "six" },
        });
        var id = session.SessionId;
        await other.JoinAsync(id, "Grace");
        await client.BoxAsync(id);
        await client.ClickAsync(id, 20, 50, 5, objectId: 7);
        await client.CallAsync<Change>("RenameObject", new RenameObjectRequest { SessionId = id, ObjectId = 1, Name = "liver" });

        var stored = await client.CallAsync<StoredLabel>("Commit", new CommitRequest
        {
            SessionId = id,
            Labels = [new() { ObjectId = 7, Name = "Block", Code = new() { Scheme = "SCT", Value = "10200004", Meaning = "Liver structure" } }],
        });

        Assert.Equal(("final", "final"), (stored.LabelId, stored.Tag));
        Assert.Equal([1, 7], stored.Objects);
        Assert.Null(stored.Waiting);
        var metadata = await RunningServer.JsonAsync(await server.Http.GetAsync($"dicom-web/series?SeriesInstanceUID={stored.SeriesInstanceUid}", TestContext.Current.CancellationToken));
        var study = metadata[0]!["0020000D"]!["Value"]![0]!.GetValue<string>();
        var header = (await RunningServer.JsonAsync(await server.Http.GetAsync(
            $"dicom-web/studies/{study}/series/{stored.SeriesInstanceUid}/instances/{stored.SopInstanceUid}/metadata", TestContext.Current.CancellationToken)))[0]!;
        var segments = header["00620002"]!["Value"]!.AsArray();
        Assert.Equal(["liver", "Block"], segments.Select(s => s!["00620005"]!["Value"]![0]!.GetValue<string>()));
        Assert.Equal("10200004", segments[1]!["0062000F"]!["Value"]![0]!["00080100"]!["Value"]![0]!.GetValue<string>());
        Assert.Equal("Ada", header["00700084"]!["Value"]![0]!["Alphabetic"]!.GetValue<string>());
        var parameters = segments[0]!["00620007"]!["Value"]![0]!["00660032"]!["Value"]![0]!.GetValue<string>();
        Assert.Contains(session.ModelSha256, parameters, StringComparison.Ordinal);
        Assert.Matches("prompts sha256 [0-9a-f]{64}", parameters);
        const string Method = "window -500 to 1300; bank threshold, capacity 3, threshold 0.5; resampling stochastic, temperature 0.25, seed 9; orientations six";
        Assert.Contains($"; {Method}; ", parameters, StringComparison.Ordinal);
        var info = await RunningServer.JsonAsync(await server.Http.GetAsync($"datastore/label/info?label={TestSeries.Uid}&tag=final", TestContext.Current.CancellationToken));
        Assert.Equal(Method, info["provenance"]!["method"]!.GetValue<string>());

        var again = await client.JoinAsync(id);
        var label = again.Labels.Single(l => l.Tag == "final");
        Assert.Equal((stored.SopInstanceUid, 2), (label.SopInstanceUid, label.Names.Count));
        await Waiting.ForAsync(() => other.News.Contains("committed final"));

        // The SEG itself is found, too.
        var loaded = await client.CallAsync<Change>("LoadLabel", new LoadLabelRequest { SessionId = id, SopInstanceUid = stored.SopInstanceUid });
        Assert.Equal(["liver", "Block"], loaded.Objects.Select(o => o.Name));
    }

    [Fact]
    public async Task A_locked_object_refuses_every_change_and_can_be_unlocked()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        var before = await client.MasksAsync(id);
        var locked = await client.CallAsync<Change>("RenameObject", new RenameObjectRequest { SessionId = id, ObjectId = 1, Locked = true, Colour = "#ff8000" });
        Assert.Equal((true, "#ff8000"), (locked.Objects[0].Locked, locked.Objects[0].Colour));

        Func<Task>[] writes =
        [
            () => client.ClickAsync(id, 70, 15, 4),
            () => client.PropagateAsync(new() { SessionId = id, ObjectIds = [1] }).ToListAsync().AsTask(),
            () => client.UndoAsync(id),
            () => client.CallAsync<Change>("RemoveObject", new ObjectRequest { SessionId = id, ObjectId = 1 }),
            () => client.CallAsync<Change>("Reset", new ObjectRequest { SessionId = id }),
            () => client.CallAsync<Change>("ClearSlice", new SliceRequest { SessionId = id, ObjectId = 1, Index = 4 }),
            () => client.CallAsync<Change>("RenameObject", new RenameObjectRequest { SessionId = id, ObjectId = 1, Name = "x" }),
        ];
        foreach (var write in writes)
            Assert.StartsWith("forbidden: ", await HubClient.RefusalAsync(write), StringComparison.Ordinal);
        Assert.Equal(before, await client.MasksAsync(id));

        await client.CallAsync<Change>("RenameObject", new RenameObjectRequest { SessionId = id, ObjectId = 1, Locked = false });
        await client.UndoAsync(id);
    }

    [Fact]
    public async Task Slices_and_objects_are_cleared_reset_and_removed()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        await client.BoxAsync(id, index: 6);
        var cleared = await client.CallAsync<Change>("ClearSlice", new SliceRequest { SessionId = id, ObjectId = 1, Plane = "k", Index = 6 });
        Assert.Equal((6, 0), (Assert.Single(cleared.Frames).Index, cleared.Frames[0].Runs.Length));
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.CallAsync<Change>("ClearSlice", new SliceRequest { SessionId = id, ObjectId = 1, Index = 6 })), StringComparison.Ordinal);

        var reset = await client.CallAsync<Change>("Reset", new ObjectRequest { SessionId = id, ObjectId = 1 });
        Assert.Equal((1, 0, 0), (Assert.Single(reset.Objects).ObjectId, reset.Objects[0].SliceCount, reset.Objects[0].Prompts.Count));

        var removed = await client.CallAsync<Change>("RemoveObject", new ObjectRequest { SessionId = id, ObjectId = 1 });
        Assert.Equal([1], removed.Removed);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.CallAsync<Change>("RemoveObject", new ObjectRequest { SessionId = id, ObjectId = 1 })), StringComparison.Ordinal);
        Assert.StartsWith("not_found: ", await HubClient.RefusalAsync(() => client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = id, ObjectIds = [1] })), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.CallAsync<StoredLabel>("Commit", new CommitRequest { SessionId = id })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scribbles_lassos_and_damaged_masks()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        var scribbled = await client.CallAsync<PromptAnswer>("Prompt", new PromptRequest
        {
            SessionId = id,
            ObjectId = 1,
            Index = 4,
            Scribbles = [new() { Line = [[64, 17, 4], [80, 17, 4]] }, new() { Line = [[20, 50, 4], [40, 50, 4]], Include = false }],
        });
        Assert.Equal((3, 3), (scribbled.Object.Prompts[0].Points.Count(p => p.Include is true), scribbled.Object.Prompts[0].Points.Count(p => p.Include is false)));
        Assert.True(HubClient.Decode(scribbled.Frame, TestSeries.Columns, TestSeries.Rows)[72, 17]);

        var lassoed = await client.CallAsync<PromptAnswer>("Prompt", new PromptRequest
        {
            SessionId = id,
            ObjectId = 2,
            Index = 4,
            Lasso = [[58, 8, 4], [85, 8, 4], [85, 27, 4], [58, 27, 4]],
        });
        Assert.True(HubClient.Decode(lassoed.Frame, TestSeries.Columns, TestSeries.Rows)[72, 17]);

        var damaged = new PromptRequest { SessionId = id, ObjectId = 3, Index = 4, Mask = new() { Box = [0, 0, 10, 10], Runs = [0, 99] } };
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.CallAsync<PromptAnswer>("Prompt", damaged)), StringComparison.Ordinal);
        var outside = damaged with { Mask = new() { Box = [90, 60, 100, 70], Runs = [0, 100] } };
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.CallAsync<PromptAnswer>("Prompt", outside)), StringComparison.Ordinal);
        Assert.StartsWith("bad_prompt: ", await HubClient.RefusalAsync(() => client.CallAsync<PromptAnswer>("Prompt", damaged with { Mask = null, Lasso = [[1, 1, 4], [2, 2, 4]] })), StringComparison.Ordinal);
    }

    private static Mask Paint()
    {
        var mask = new Mask(TestSeries.Columns, TestSeries.Rows);
        for (var n = 5; n < 30; n++)
            mask.Pixels.AsSpan((n * TestSeries.Columns) + 10, n).Fill(1);
        return mask;
    }

    private static MaskData ToData(Mask mask)
    {
        var runs = MaskRuns.Encode(mask);
        return new() { Box = [runs.Box.X, runs.Box.Y, runs.Box.X + runs.Box.Width, runs.Box.Y + runs.Box.Height], Runs = runs.Runs.ToArray() };
    }
}
