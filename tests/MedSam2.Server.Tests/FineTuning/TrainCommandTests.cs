using System.Diagnostics;
using System.Text.Json;
using MedSam2.Network.Catalog;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Tests.CommandLine;
using MedSam2.Server.Tests.StartUp;
using MedSam2.TestSupport;
using MedSam2.Training.Logging;
using MedSam2.Training.Tests;
using Xunit;

namespace MedSam2.Server.Tests.FineTuning;

public sealed class TrainCommandTests : IDisposable
{
    private const int KilobytesOfAFile = 300;
    private readonly TemporaryFolder folder = new();

    public TrainCommandTests()
    {
        LabelledVolumes.SaveToy(folder.File("toy"));
        LabelledFiles.Write(folder.File("images"), patients: 4);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task It_teaches_compares_keeps_a_version_and_leaves_curves()
    {
        var answer = await Medsam2.RunAsync([.. Arguments("run", steps: 3), "--promote", "--bank", "fifo", "--lengths", "2", "3"]);
        Assert.True(answer.ExitCode == 0, answer.Errors);
        using var plan = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("run", "plan.json"), TestContext.Current.CancellationToken));
        var tracking = plan.RootElement.GetProperty("options").GetProperty("trainer").GetProperty("tracking");
        Assert.Equal(("Fifo", "None"), (tracking.GetProperty("bank").GetString(), tracking.GetProperty("resampling").GetString()));

        Assert.Equal([2, 3], plan.RootElement.GetProperty("options").GetProperty("batches").GetProperty("lengths").EnumerateArray().Select(length => length.GetInt32()));

        using var report = JsonDocument.Parse(answer.Output);
        var root = report.RootElement;
        var validating = root.GetProperty("validationImages").GetInt32();
        Assert.InRange(validating, 1, 3);
        Assert.Equal(4 - validating, root.GetProperty("trainingImages").GetInt32());
        Assert.Equal(1, root.GetProperty("version").GetInt32());
        var score = root.GetProperty("score");
        Assert.Equal(2 * validating, score.GetProperty("structures").GetInt32());
        Assert.InRange(score.GetProperty("afterClicks").GetDouble(), 0, 1);
        Assert.Equal(3, TrainingLog.Read(folder.File("run", TrainingLog.FileName)).Rows.Count);
        Assert.True(new FileInfo(folder.File("run", TrainingPlots.FileName)).Length > 2000);

        var listed = await Medsam2.RunAsync("models", "versions", "--json", "--data", folder.File("data"), "--model", folder.File("toy"));
        using var versions = JsonDocument.Parse(listed.Output);
        var version = Assert.Single(versions.RootElement.GetProperty("versions").EnumerateArray());
        Assert.Equal(Sam2Weights.Find(root.GetProperty("model").GetString()!).Sha256, version.GetProperty("sha256").GetString());
        Assert.Equal(root.GetProperty("served").GetBoolean() ? 1 : 0, versions.RootElement.GetProperty("served").GetInt32());
    }

    [Fact]
    public async Task Killed_and_then_out_of_disk_it_goes_on_to_the_same_weights()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell with ulimit.");
        Assert.Equal(0, (await Medsam2.RunAsync(Arguments("whole", steps: 6))).ExitCode);

        using (var killed = Start("parts", limit: false))
        {
            while (!Directory.Exists(folder.File("parts", "checkpoints")) || Directory.GetFiles(folder.File("parts", "checkpoints"), "step-*.safetensors").Length == 0)
                await Task.Delay(20, Stop);
            killed.Kill();
            await killed.WaitForExitAsync(Stop);
            Assert.Empty(Directory.GetFiles(folder.File("parts"), "model"));
        }

        string[] kept = [.. Directory.GetFiles(folder.File("parts", "checkpoints"), "step-*.safetensors").Order()];
        var last = await File.ReadAllBytesAsync(kept[^1], Stop);
        using (var full = Start("parts", limit: true))
        {
            var errors = await full.StandardError.ReadToEndAsync(Stop);
            await full.WaitForExitAsync(Stop);
            Assert.True(full.ExitCode == 1, errors);
            Assert.Contains("cannot be written", errors, StringComparison.Ordinal);
            Assert.Contains("the checkpoint before is intact", errors, StringComparison.Ordinal);
            Assert.Equal(last, await File.ReadAllBytesAsync(kept[^1], Stop));
        }

        var resumed = await Medsam2.RunAsync(Arguments("parts", steps: 6));
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(Sam2Weights.Find(folder.File("whole", "model")).Sha256, Sam2Weights.Find(folder.File("parts", "model")).Sha256);
        Assert.Equal(await File.ReadAllTextAsync(folder.File("whole", TrainingLog.FileName), Stop), await File.ReadAllTextAsync(folder.File("parts", TrainingLog.FileName), Stop));
    }

    [Fact]
    public async Task Told_to_stop_it_keeps_what_it_has_learnt_so_far()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs signals.");
        using var run = Start("stopped", limit: false, "--steps", "1000000", "--checkpoint-every", "1000000");
        var errors = run.StandardError.ReadToEndAsync(Stop);
        var log = folder.File("stopped", TrainingLog.FileName);
        await Hubs.Waiting.ForAsync(() => File.Exists(log) && TrainingLog.Read(log).Rows.Count > 1);

        using (var signal = Process.Start("kill", ["-TERM", $"{run.Id}"]))
            await signal.WaitForExitAsync(Stop);
        await run.WaitForExitAsync(Stop);

        Assert.Equal((130, true), (run.ExitCode, (await errors).Contains("Stopped.", StringComparison.Ordinal)));
        var kept = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(folder.File("stopped", "checkpoints"))));
        Assert.Equal(TrainingLog.Read(log).Rows.Count, int.Parse(kept["step-".Length..], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("--patient", "(", "--patient")]
    [InlineData("--patient", "nobody", "finds no patient")]
    [InlineData("--steps", "0", "--steps is '0', but is a whole number from 1 to")]
    [InlineData("--steps", "many", "--steps is 'many'")]
    [InlineData("--lengths", "0", "lengths of sequences must lie in 1 to 64")]
    [InlineData("--learning-rate", "NaN", "--learning-rate is 'NaN', but is a number from")]
    public async Task What_cannot_be_is_told_in_one_line(string option, string value, string told)
    {
        List<string> arguments = [.. Arguments("run", steps: 1)];
        if (arguments.IndexOf(option) is >= 0 and var at)
            arguments.RemoveRange(at, 2);

        var answer = await Medsam2.RunAsync([.. arguments, option, value]);

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains(told, Assert.Single(answer.ErrorLines), StringComparison.Ordinal);
    }

    private string[] Arguments(string run, int steps) =>
    [
        "train", "--images", folder.File("images"), "--labels", folder.File("images"), "--output", folder.File(run), "--json",
        "--model", folder.File("toy"), "--data", folder.File("data"), "--steps", steps.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "--checkpoint-every", "1", "--slices", "2", "--objects", "1", "--warm-up", "1",
    ];

    private Process Start(string run, bool limit, params string[] instead)
    {
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(limit ? $"trap '' XFSZ; ulimit -f {KilobytesOfAFile}; exec \"$0\" \"$@\"" : "exec \"$0\" \"$@\"");
        start.ArgumentList.Add(ServerExecutable.Path);
        var arguments = Arguments(run, steps: 6);
        for (var n = 0; n < instead.Length; n += 2)
            arguments[Array.IndexOf(arguments, instead[n]) + 1] = instead[n + 1];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // .NET's own executable memory counts as a large file otherwise.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }
}
