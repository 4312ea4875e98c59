using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.CommandLine;

public sealed class TrainSyntheticCommandTests
{
    private const string Recipe = """
        {
          "validation": { "imageBatches": 1, "sequences": 1, "length": 2, "data": { "seed": 5, "sceneSide": 48, "scenes": 1, "leastPixels": 20, "maxObjects": 2, "maxTracked": 1 } },
          "stages": [ { "name": "one", "data": { "seed": 1, "size": 64, "sceneSide": 48, "scenes": 1, "slicesPerStep": 1, "maxObjects": 2, "leastPixels": 20 }, "trainer": { "steps": 1, "warmUp": 1 } } ]
        }
        """;

    [Fact]
    public async Task A_recipe_gives_weights_that_the_server_takes_and_the_curve_beside_them()
    {
        using var folder = new TemporaryFolder();
        var recipe = folder.File("recipe.json");
        await File.WriteAllTextAsync(recipe, Recipe, TestContext.Current.CancellationToken);
        var output = folder.File("run");

        var run = await Medsam2.RunAsync("train-synthetic", "--recipe", recipe, "--output", output);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("one,1,", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(output, "validation.csv")).Length);
        Assert.True(File.Exists(Path.Combine(output, "validation.png")));

        File.Copy(Path.Combine(RepositoryPaths.NanoModel, "config.yaml"), Path.Combine(output, "config.yaml"));
        var check = await Medsam2.RunAsync("models", "check", Path.Combine(output, "weights.safetensors"));
        Assert.Equal(0, check.ExitCode);
    }

    [Fact]
    public async Task A_recipe_that_is_none_is_told_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var recipe = folder.File("recipe.json");
        await File.WriteAllTextAsync(recipe, """{ "stagez": [] }""", TestContext.Current.CancellationToken);

        var run = await Medsam2.RunAsync("train-synthetic", "--recipe", recipe, "--output", folder.File("run"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("stagez", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }
}
