using System.Text.Json;
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
}
