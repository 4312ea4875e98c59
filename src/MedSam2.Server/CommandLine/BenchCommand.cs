using System.CommandLine;
using MedSam2.Server.Bench;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>bench</c>.</summary>
internal static class BenchCommand
{
    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var slices = new Option<int>("--slices") { HelpName = "N", Description = "Slices of the made volume, 4 to 1000. Default: 24.", DefaultValueFactory = _ => 24 };
        slices.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 4 or > 1000)
                result.AddError("--slices lies in 4 to 1000.");
        });
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("bench", "How fast the chosen model is on this machine: a click, and carrying an object from slice to slice.") { slices, json };
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
            BenchRun.RunAsync(VerbSettings.Read(configuration(parsed)), parsed.GetValue(slices), parsed.GetValue(json), cancellation)));
        return command;
    }
}
