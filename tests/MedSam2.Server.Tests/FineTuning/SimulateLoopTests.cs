using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Tests.CommandLine;
using MedSam2.TestSupport;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

public class SimulateLoopTests
{
    [Fact]
    public async Task Each_strategy_is_measured_after_each_label_and_all_begin_alike()
    {
        using var folder = new TemporaryFolder();
        LabelledVolumes.SaveToy(folder.File("toy"));
        LabelledFiles.Write(folder.File("images"), patients: 3);

        var answer = await Medsam2.RunAsync(
            "simulate-loop", "--images", folder.File("images"), "--labels", folder.File("images"), "--output", folder.File("out"), "--json", "--model", folder.File("toy"),
            "--data", folder.File("data"), "--strategies", "First", "Hybrid", "--rounds", "1", "--seeds", "1", "--steps", "1");

        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var json = JsonDocument.Parse(answer.Output);
        var rows = json.RootElement.EnumerateArray().Select(r => (
            Strategy: r.GetProperty("strategy").GetString(), Labels: r.GetProperty("labels").GetInt32(), Dice: r.GetProperty("afterClicks").GetDouble())).ToArray();
        Assert.Equal([("First", 0), ("First", 1), ("Hybrid", 0), ("Hybrid", 1)], rows.Select(r => (r.Strategy, r.Labels)));
        Assert.Equal(rows[0].Dice, rows[2].Dice);
        Assert.All(rows, r => Assert.InRange(r.Dice, 0, 1));
        Assert.True(new FileInfo(folder.File("out", "simulation.png")).Length > 2000);
    }

    [Fact]
    public async Task What_is_whole_is_not_played_again_and_other_wishes_need_another_folder()
    {
        using var folder = new TemporaryFolder();
        LabelledVolumes.SaveToy(folder.File("toy"));
        LabelledFiles.Write(folder.File("images"), patients: 3);
        Task<Answer> SimulateAsync(string rounds) => Medsam2.RunAsync(
            "simulate-loop", "--images", folder.File("images"), "--labels", folder.File("images"), "--output", folder.File("out"), "--json", "--model", folder.File("toy"),
            "--data", folder.File("data"), "--strategies", "First", "Random", "--rounds", rounds, "--seeds", "1", "--steps", "1");
        var first = await SimulateAsync("2");
        Assert.True(first.ExitCode == 0, first.Errors);

        // As a run that was ended in the second strategy leaves it, with a mark on the first.
        var rows = JsonNode.Parse(await File.ReadAllTextAsync(folder.File("out", "simulation.json"), TestContext.Current.CancellationToken))!.AsArray();
        var complete = rows.Select(row => row!.ToJsonString()).ToArray();
        Assert.Equal(6, complete.Length);
        rows[1]!["afterClicks"] = 0.125;
        rows.RemoveAt(5);
        await File.WriteAllTextAsync(folder.File("out", "simulation.json"), rows.ToJsonString(), TestContext.Current.CancellationToken);

        var second = await SimulateAsync("2");

        Assert.True(second.ExitCode == 0, second.Errors);
        var again = JsonNode.Parse(second.Output)!.AsArray().Select(row => row!).ToArray();
        Assert.Equal(0.125, again[1]["afterClicks"]!.GetValue<double>());
        Assert.Equal(complete[3..], again[3..].Select(row => row.ToJsonString()));

        var other = await SimulateAsync("1");
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("holds a simulation with another model, other images or other options", other.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_printed_of_each_strategy_is_the_mean_over_its_seeds()
    {
        using var folder = new TemporaryFolder();
        LabelledVolumes.SaveToy(folder.File("toy"));
        LabelledFiles.Write(folder.File("images"), patients: 3);

        var answer = await Medsam2.RunAsync(
            "simulate-loop", "--images", folder.File("images"), "--labels", folder.File("images"), "--output", folder.File("out"), "--model", folder.File("toy"),
            "--data", folder.File("data"), "--rounds", "1", "--seeds", "2", "--steps", "2", "--learning-rate", "0.01");

        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("out", "simulation.json"), TestContext.Current.CancellationToken));
        var rows = json.RootElement.EnumerateArray().Select(r => new
        {
            Strategy = r.GetProperty("strategy").GetString()!.ToLowerInvariant(),
            Labels = r.GetProperty("labels").GetInt32(),
            Prompt = r.GetProperty("afterPrompt").GetDouble(),
            Clicks = r.GetProperty("afterClicks").GetDouble(),
        }).ToArray();
        string[] strategies = ["random", "first", "uncertainty", "diversity", "hybrid"];
        Assert.Equal(strategies.SelectMany(s => new[] { (s, 0), (s, 0), (s, 1), (s, 1) }).Order(), rows.Select(r => (r.Strategy, r.Labels)).Order());
        // Otherwise a mean is what each of its seeds is.
        Assert.Contains(rows.GroupBy(r => (r.Strategy, r.Labels)), seeds => seeds.Select(r => $"{r.Clicks:0.000}").Distinct().Count() > 1);
        foreach (var strategy in strategies)
        {
            var printed = Assert.Single(answer.Output.Split('\n'), line => line.StartsWith($"| {strategy} ", StringComparison.Ordinal));
            foreach (var seeds in rows.Where(r => r.Strategy == strategy).GroupBy(r => r.Labels))
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"{seeds.Average(r => r.Prompt):0.000} / {seeds.Average(r => r.Clicks):0.000}"), printed, StringComparison.Ordinal);
        }
    }
}
