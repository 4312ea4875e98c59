using MedSam2.Server.Device;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;
using Xunit;

namespace MedSam2.Server.Tests.Hubs;

public sealed class SessionLeakTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Sessions_that_are_over_leave_no_tensor_no_place_and_no_row_behind()
    {
        await WorkAsync(); // position tables that the network keeps
        var before = await LiveAsync();

        await WorkAsync();

        Assert.Equal(before, await LiveAsync());
    }

    private async Task WorkAsync()
    {
        await using var client = await HubClient.ConnectAsync(server.Address);
        var id = (await client.OpenAsync(TestSeries.Uid)).SessionId;
        await client.BoxAsync(id);
        await client.PropagateAllAsync(id);
        await client.ClickAsync(id, 70, 18, 7);
        await client.UndoAsync(id);
        await client.UndoAsync(id);
        await client.RedoAsync(id);
        await HubClient.RefusalAsync(() => client.ClickAsync(id, 700, 18, 7));
        await AsyncEnumerable.ToListAsync(client.PropagateAsync(new() { SessionId = id, Orientations = "triplanar" }), TestContext.Current.CancellationToken);
        Assert.NotEmpty((await client.CallAsync<UncertaintyAnswer>("Uncertainty", new SliceRequest { SessionId = id, ObjectId = 1, Index = 4 })).Values);
        await client.CloseAsync(id, discard: true);
        var slots = server.Services.GetRequiredService<SessionSlots>();
        await Waiting.ForAsync(() => slots.Count == 0);
        await using var database = server.Services.GetRequiredService<SessionDatabase>().NewContext();
        Assert.Empty(await database.Sessions.Select(s => s.Id).Concat(database.Frames.Select(f => f.SessionId)).Concat(database.States.Select(s => s.SessionId))
            .Concat(database.Steps.Select(s => s.SessionId)).Concat(database.Labels.Select(l => l.SessionId)).Concat(database.Log.Select(l => l.SessionId))
            .ToListAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Counted on the device's thread, where all of them are made.</summary>
    private Task<long> LiveAsync() => server.Services.GetRequiredService<DeviceWorker>().RunAsync(
        DevicePriority.Batch, _ => DisposeScopeManager.Statistics.ThreadTotalLiveCount, TestContext.Current.CancellationToken);
}
