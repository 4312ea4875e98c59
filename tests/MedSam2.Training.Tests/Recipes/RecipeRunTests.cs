using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport;
using MedSam2.Training.Data;
using MedSam2.Training.Fitting;
using MedSam2.Training.Logging;
using MedSam2.Training.Recipes;
using Xunit;

namespace MedSam2.Training.Tests.Recipes;

public sealed class RecipeRunTests
{
    private static readonly SceneBatchOptions Data = new() { Size = 64, SceneSide = 48, Scenes = 2, SlicesPerStep = 3, MaxObjects = 2, MaxTracked = 2, LeastPixels = 20, Seed = 5 };

    private static readonly TrainingRecipe Recipe = new(
    [
        new("images", Data, new() { Steps = 3, WarmUp = 1, LearningRate = 1e-3, Seed = 1, Prompts = new() { BoxAndClick = true } }),
        new("sequences", Data with { Lengths = [3], Seed = 6 }, new() { Steps = 2, WarmUp = 1, LearningRate = 1e-3, Seed = 2 }),
    ])
    {
        ValidateEvery = 2,
        CalibrateOcclusion = true,
        Validation = new() { Data = Data with { Seed = 77 }, ImageBatches = 1, Sequences = 1, Length = 3 },
    };

    [Fact]
    public void A_recipe_that_was_stopped_ends_like_one_that_was_not()
    {
        using var folder = new TemporaryFolder();
        var whole = Run(Path.Combine(folder.Path, "whole"), out var reports, TestContext.Current.CancellationToken);

        using var stop = new CancellationTokenSource();
        var parts = Path.Combine(folder.Path, "parts");
        Run(parts, out _, stop.Token, report => { if (report is { Stage: "images", Step.Step: 1 }) stop.Cancel(); });
        var resumed = Run(parts, out var rest, TestContext.Current.CancellationToken);

        Assert.Equal(whole, resumed);
        Assert.Equal(["images", "images", "images", "sequences", "sequences"], reports.Select(r => r.Stage));
        Assert.Equal(3, rest.Count);
        Assert.Equal(3, TrainingLog.Read(Path.Combine(parts, "images", TrainingLog.FileName)).Rows.Count);
    }

    [Fact]
    public void Validation_comes_at_its_steps_and_at_the_end_of_a_stage()
    {
        using var folder = new TemporaryFolder();
        Run(folder.Path, out var reports, TestContext.Current.CancellationToken);

        Assert.Equal([false, true, true, false, true], reports.Select(r => r.Validation is not null));
        Assert.All(reports.Where(r => r.Validation is not null), r =>
        {
            var score = r.Validation!;
            Assert.All([score.Box, score.Click, score.ClickBest, score.Tracked], dice => Assert.InRange(dice, 0, 1));
            Assert.True(score.ClickBest >= score.Click);
        });
    }

    [Fact]
    public void A_stage_that_ends_early_keeps_its_schedule_and_hands_over()
    {
        using var folder = new TemporaryFolder();
        var early = Recipe with { Stages = [Recipe.Stages[0] with { EndAt = 2 }, Recipe.Stages[1]] };
        Run(folder.Path, out var reports, TestContext.Current.CancellationToken, recipe: early);
        Run(folder.Path, out var again, TestContext.Current.CancellationToken, recipe: early);

        Assert.Equal(["images", "images", "sequences", "sequences"], reports.Select(r => r.Stage));
        Assert.True(reports[1].Step.LearningRate > 4e-4);
        Assert.Empty(again);
    }

    [Fact]
    public void A_stage_can_end_with_a_mixture_of_what_it_learnt_and_what_was_before()
    {
        Dictionary<string, double> half = new() { ["start"] = 0.5, ["sequences"] = 0.5 }, mostlyOwn = new() { ["images"] = 0.25, ["sequences"] = 0.75 };
        var own = Ending(stage => stage);
        var images = Ending(stage => stage with { End = new() { Encoder = All("images"), Decoder = All("images"), OcclusionHead = All("images"), Memory = All("images") } });
        var mixed = Ending(stage => stage with { End = new() { Encoder = half, Decoder = mostlyOwn, OcclusionHead = All("start") } });
        using var start = FormulaModel.Create("toy");

        foreach (var (name, weight) in start.state_dict())
        {
            var begin = weight.data<float>().ToArray();
            var expected = name switch
            {
                _ when name.StartsWith("image_encoder.", StringComparison.Ordinal) => begin.Zip(own[name], (a, b) => (a + b) / 2),
                _ when name.StartsWith("sam_mask_decoder.pred_obj_score_head.", StringComparison.Ordinal) => begin,
                _ when name.StartsWith("sam_", StringComparison.Ordinal) || name == "no_mem_embed" => images[name].Zip(own[name], (a, b) => (0.25f * a) + (0.75f * b)),
                _ => own[name],
            };
            Assert.All(expected.Zip(mixed[name]), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }

        Assert.NotEqual(own, images);
        Assert.NotEqual(own, mixed);
    }

    [Fact]
    public void A_stage_can_begin_with_a_mixture_of_what_earlier_ones_ended_with()
    {
        // Nothing is learnt at a rate of 0, so that the stage ends with what it began with.
        var begun = Ending(stage => stage with { Begin = new() { Decoder = All("start"), Memory = All("images") }, Trainer = stage.Trainer with { LearningRate = 1e-30, WeightDecay = 0 } });
        var images = Ending(stage => stage with { End = new() { Encoder = All("images"), Decoder = All("images"), OcclusionHead = All("images"), Memory = All("images") } });
        using var start = FormulaModel.Create("toy");

        foreach (var (name, weight) in start.state_dict().Where(w => w.Value.is_floating_point()))
        {
            var isDecoder = name.StartsWith("sam_", StringComparison.Ordinal) && !name.StartsWith("sam_mask_decoder.pred_obj_score_head.", StringComparison.Ordinal);
            var expected = isDecoder || name == "no_mem_embed" ? weight.data<float>().ToArray() : images[name];
            Assert.All(expected.Zip(begun[name]), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }
    }

    [Theory]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": { "replicas": 2 } } ] }""", "2 replicas")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": { "accumulate": 0 } } ] }""", "0 accumulated")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": {}, "begin": { "memory": { "b": 1 } } }, { "name": "b", "data": {}, "trainer": {} } ] }""", "'b'")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": {}, "end": { "decoder": { "a": 0.5, "start": 0.4 } } } ] }""", "add up to 1")]
    [InlineData("""{ "stages": [ { "name": "start", "data": {}, "trainer": {} } ] }""", "none 'start'")]
    [InlineData("""{ "stages": [ { "name": "a", "data": { "bodies": 1.5 }, "trainer": {} } ] }""", "share of bodies")]
    [InlineData("""{ "stages": [ { "name": "a", "data": { "closer": -0.5 }, "trainer": {} } ] }""", "share of closer looks")]
    [InlineData("""{ "stages": [ { "name": "a", "data": { "strips": 2 }, "trainer": {} } ] }""", "share of strips")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": { "tracking": { "capacity": 0 } } } ] }""", "Capacity is 0")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": {} } ], "validation": { "tracking": { "temperature": 0 } } }""", "The validation of")]
    [InlineData("""{ "stages": [] }""", "no stages")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": { "stepz": 5 } } ] }""", "stepz")]
    [InlineData("""{ "stages": [ { "name": "a/b", "data": {}, "trainer": {} } ] }""", "names")]
    [InlineData("""{ "stages": [ { "name": "a", "data": { "seed": 900001 }, "trainer": {} } ] }""", "900001")]
    [InlineData("""{ "stages": [ { "name": "a", "data": {}, "trainer": {} }""", "recipe.json")]
    public void A_recipe_that_cannot_be_is_told_why(string json, string why)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "recipe.json");
        File.WriteAllText(path, json);

        Assert.Contains(why, Assert.Throws<TrainingException>(() => TrainingRecipe.Read(path)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, double> All(string stage) => new() { [stage] = 1 };

    [Fact]
    public void The_embedded_models_recipe_can_be_read()
    {
        var recipe = TrainingRecipe.Read(Path.Combine(RepositoryPaths.NanoModel, "training", "recipe.json"));

        Assert.True(recipe.Stages.Count >= 15);
        Assert.Contains(recipe.Stages, stage => stage.End?.Memory is not null);
    }

    /// <summary>The weights after both stages, the last of which is changed.</summary>
    private static Dictionary<string, float[]> Ending(Func<RecipeStage, RecipeStage> change)
    {
        using var folder = new TemporaryFolder();
        return Run(
            folder.Path,
            out _,
            TestContext.Current.CancellationToken,
            recipe: Recipe with { CalibrateOcclusion = false, Stages = [Recipe.Stages[0], change(Recipe.Stages[1])] });
    }

    private static Dictionary<string, float[]> Run(string folder, out List<RecipeReport> reports, CancellationToken cancellation, Action<RecipeReport>? act = null, TrainingRecipe? recipe = null)
    {
        using var model = FormulaModel.Create("toy");
        List<RecipeReport> all = [];
        RecipeRun.Run(
            model,
            recipe ?? Recipe,
            folder,
            report =>
            {
                all.Add(report);
                act?.Invoke(report);
            },
            cancellation);
        reports = all;
        return model.state_dict().ToDictionary(t => t.Key, t => t.Value.cpu().data<float>().ToArray());
    }
}
