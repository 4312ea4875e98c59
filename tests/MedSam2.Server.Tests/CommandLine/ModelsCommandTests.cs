using System.Text.Json;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Configuration;
using MedSam2.Server.Tests.Models;
using MedSam2.TestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Server.Tests.CommandLine;

public sealed class ModelsCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task List_names_every_published_model()
    {
        var answer = await Medsam2.RunAsync("models", "list", "--json");
        using var json = JsonDocument.Parse(answer.Output);
        Assert.Equal(PublishedModel.All.Select(m => m.Name), json.RootElement.EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        Assert.Equal(0, answer.ExitCode);
    }

    [Fact]
    public async Task A_fetched_model_is_listed_as_here_and_can_be_named()
    {
        using var server = new RangeServer(LikeMedSam2());
        var got = await Medsam2.RunAsync("models", "get", "medsam2_t512", "--url", server.Url.ToString(), "--data", folder.Path, "--json");
        var listed = await Medsam2.RunAsync("models", "list", "--data", folder.Path, "--json");

        Assert.True(got.ExitCode == 0, got.Errors);
        using var json = JsonDocument.Parse(got.Output);
        var path = json.RootElement.GetProperty("path").GetString()!;
        Assert.Equal(Path.Combine(folder.Path, "models", "medsam2_t512", "MedSAM2_latest.pt"), path);
        Assert.Equal(512, Sam2Weights.Find(Path.GetDirectoryName(path)!).Configuration.ImageSize);
        using var list = JsonDocument.Parse(listed.Output);
        Assert.Equal(path, list.RootElement.EnumerateArray().Single(m => m.GetProperty("name").GetString() == "medsam2_t512").GetProperty("path").GetString());
    }

    [Fact]
    public async Task Weights_of_another_network_are_not_kept()
    {
        using var server = new RangeServer(await File.ReadAllBytesAsync(Nano, TestContext.Current.CancellationToken));
        var got = await Medsam2.RunAsync("models", "get", "medsam2_t512", "--url", server.Url.ToString(), "--data", folder.Path);
        Assert.Equal(1, got.ExitCode);
        Assert.Contains("another network", Assert.Single(got.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("sam2.1_hiera_tiny", "is not fetched yet: 'models get sam2.1_hiera_tiny'")]
    [InlineData("nothing", "'models list' shows")]
    public void A_model_that_is_not_here_is_told_with_its_mend(string model, string mend)
    {
        var options = new ServerOptions { Data = folder.Path, Model = model };

        Assert.Contains(mend, options.ModelFault, StringComparison.Ordinal);
        Assert.Contains(mend, Assert.Throws<VerbException>(() => VerbSettings.Read([$"MedSam2:Data={folder.Path}", $"MedSam2:Model={model}"]).LoadModel()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_model_has_a_name()
    {
        var options = new ServerOptions { Data = folder.Path, Model = "medsam2-nano" };

        Assert.Equal(ServerOptions.EmbeddedModel, options.ModelPath);
        Assert.Null(options.ModelFault);
    }

    [Fact]
    public async Task Without_a_place_for_a_cache_the_executable_runs_all_the_same()
    {
        var answer = await Medsam2.RunAsync(new Dictionary<string, string> { ["XDG_CACHE_HOME"] = "/dev/null/cache" }, "models", "check", Nano);

        Assert.True(answer.ExitCode == 0, answer.Errors);
    }

    [Fact]
    public async Task An_unknown_name_is_refused_in_one_line()
    {
        var answer = await Medsam2.RunAsync("models", "get", "nothing");
        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("'nothing'", Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_converted_checkpoint_is_checked_as_the_same_network()
    {
        var copy = folder.File("medsam2-nano.safetensors");
        var converted = await Medsam2.RunAsync("models", "convert", RepositoryPaths.NanoModel, "-o", copy);
        var again = await Medsam2.RunAsync("models", "convert", RepositoryPaths.NanoModel, "-o", copy);
        var check = await Medsam2.RunAsync("models", "check", copy, "--json");

        Assert.True(converted.ExitCode == 0, converted.Errors);
        Assert.Contains("--force", Assert.Single(again.ErrorLines), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(check.Output);
        Assert.Equal("medsam2-nano", json.RootElement.GetProperty("configuration").GetString());
        Assert.Equal(256, json.RootElement.GetProperty("imageSize").GetInt32());
    }

    [Fact]
    public async Task A_damaged_checkpoint_fails_the_check_in_one_line()
    {
        var damaged = folder.Write("medsam2-nano.safetensors", (await File.ReadAllBytesAsync(Nano, TestContext.Current.CancellationToken)).AsSpan(0, 5000));
        var check = await Medsam2.RunAsync("models", "check", damaged);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains(damaged, Assert.Single(check.ErrorLines), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static string Nano => Path.Combine(RepositoryPaths.NanoModel, "medsam2-nano.safetensors");

    /// <summary>A checkpoint with just the tensors by which a SAM 2.1 tiny is known.</summary>
    private byte[] LikeMedSam2()
    {
        var known = KnownModel.All.Single(m => m.Name == "medsam2_t512").Configuration;
        var trunk = known.ImageEncoder.Trunk;
        var tensors = new Dictionary<string, Tensor>
        {
            ["image_encoder.trunk.pos_embed"] = zeros(1, trunk.EmbedDim, trunk.WindowPosEmbedBkgSpatialSize[0], trunk.WindowPosEmbedBkgSpatialSize[0]),
            ["image_encoder.trunk.pos_embed_window"] = zeros(1, trunk.EmbedDim, trunk.WindowSpec[0], trunk.WindowSpec[0]),
            ["no_mem_embed"] = zeros(1, 1, known.HiddenDim),
            ["maskmem_tpos_enc"] = zeros(known.NumMaskmem, 1, 1, known.MemDim),
            ["no_obj_embed_spatial"] = zeros(1),
            ["obj_ptr_tpos_proj.weight"] = zeros(1),
        };
        for (var n = 0; n < trunk.Stages.Sum(); n++)
            tensors[$"image_encoder.trunk.blocks.{n}.norm1.weight"] = zeros(1);
        for (var n = 0; n < known.MemoryAttention.NumLayers; n++)
            tensors[$"memory_attention.layers.{n}.norm1.weight"] = zeros(1);
        var path = folder.File("made.safetensors");
        SafetensorsFile.Write(path, tensors);
        var content = File.ReadAllBytes(path);
        File.Delete(path);
        return content;
    }
}
