using System.CommandLine;
using MedSam2.Server.Training;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>train-synthetic</c>.</summary>
internal static class TrainSyntheticCommand
{
    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var recipe = new Option<string>("--recipe") { HelpName = "FILE", Required = true, Description = "The stages, as JSON; manifests/models/medsam2-nano/training/recipe.json made the embedded model." };
        var output = new Option<string>("--output") { HelpName = "DIR", Required = true, Description = "Checkpoints, curves (log.csv of each stage, validation.csv) and the weights go here. Started again with the same folder, it goes on where it was." };
        var command = new Command("train-synthetic", "Trains the model (--model) on made-up volumes, in the stages of a recipe. Ctrl+C saves and stops.") { recipe, output };
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
            SyntheticRun.RunAsync(VerbSettings.Read(configuration(parsed)), parsed.GetRequiredValue(recipe), parsed.GetRequiredValue(output), cancellation)));
        return command;
    }
}
