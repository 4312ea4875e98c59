using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.Device;
using MedSam2.Server.Sessions.Grains;
using MedSam2.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Server.Tests.Hubs;

/// <summary>Another version of the network is served while sessions are kept that were made with the one before.</summary>
public sealed class EarlierNetworkTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task A_session_that_comes_back_after_a_switch_goes_on_with_its_own_network()
    {
        var models = server.Services.GetRequiredService<ModelHost>();
        await using var client = await HubClient.ConnectAsync(server.Address);
        var first = await client.OpenAsync(TestSeries.Uid);
        var id = first.SessionId;
        await client.BoxAsync(id);
        await client.PropagateAllAsync(id);
        await client.ClickAsync(id, 70, 18, 6);
        var corrected = await client.MasksAsync(id);
        await client.UndoAsync(id);
        var masks = await client.MasksAsync(id);

        await models.ServeAsync(AddVersion(models), TestContext.Current.CancellationToken);
        await LeaveMemoryAsync();
        var later = await client.OpenAsync(TestSeries.Uid);
        await client.BoxAsync(later.SessionId);
        Assert.NotEqual(first.ModelSha256, later.ModelSha256);

        var back = await client.JoinAsync(id);
        Assert.Equal(first.ModelSha256, back.ModelSha256);
        Assert.Equal(masks, await client.MasksAsync(id));
        await client.ClickAsync(id, 70, 18, 6);
        Assert.Equal(corrected, await client.MasksAsync(id));

        // Both of an earlier network share it, and it leaves memory with the last of them.
        using (var one = await models.LeaseAsync(first.ModelSha256, TestContext.Current.CancellationToken))
        using (var other = await models.LeaseAsync(first.ModelSha256, TestContext.Current.CancellationToken))
            Assert.Same(one!.Model, other!.Model);
        await LeaveMemoryAsync();

        // What no version has is told.
        Directory.Move(models.Versions.PathOf(1), models.Versions.PathOf(1) + ".away");
        await models.SwitchAsync(SmallNano.Folder, TestContext.Current.CancellationToken);
        Assert.StartsWith("gone: The session was made with another network", await HubClient.RefusalAsync(() => client.JoinAsync(later.SessionId)), StringComparison.Ordinal);
        Assert.Equal(corrected, await client.MasksAsync(id));
    }

    /// <summary>The served network with another mask decoder, as training might have made it.</summary>
    private static int AddVersion(ModelHost models)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var weights = Sam2Weights.Find(SmallNano.Folder);
        using var model = weights.Load();
        var tensors = model.state_dict();
        using (no_grad())
            tensors["sam_mask_decoder.output_hypernetworks_mlps.0.layers.2.weight"].mul_(0.5f);
        SafetensorsFile.Write(folder.File("medsam2-nano.safetensors"), tensors);
        File.Copy(Path.Combine(SmallNano.Folder, "config.yaml"), folder.File("config.yaml"));
        return models.Versions.Add(folder.Path, steps: 1, images: 1, from: 0, comparison: null).Number;
    }

    private async Task LeaveMemoryAsync()
    {
        await server.Services.GetRequiredService<SessionSilo>().CollectAsync(TimeSpan.Zero);
        await Waiting.ForAsync(() => server.Services.GetRequiredService<MedSam2.Server.Sessions.SessionSlots>().Count == 0);
    }
}
