using System.CommandLine;
using MedSam2.Server.FineTuning;
using MedSam2.Training.ActiveLearning;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>simulate-loop</c>.</summary>
internal static class SimulateLoopCommand
{
    private static readonly LoopSimulationOptions Defaults = new();

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var (images, labels, merge, patient) = TrainCommand.Labelled();
        var output = new Option<string>("--output") { HelpName = "DIR", Required = true, Description = "The table (JSON) and the plot (PNG) go here, after each measurement. Called again with the same folder it goes on with what is not whole yet." };
        var json = new Option<bool>("--json") { Description = "Print every measurement as JSON instead of the table." };
        var strategies = new Option<SelectionStrategy[]>("--strategies")
        {
            HelpName = string.Join(' ', Enum.GetNames<SelectionStrategy>()),
            Description = "The strategies that are compared. Default: all.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. Defaults.Strategies],
        };
        var rounds = VerbOptions.Number("--rounds", "How often labels are asked for and the model is taught anew.", Defaults.Rounds, 1, 1000);
        var each = VerbOptions.Number("--labels-a-round", "Labels that a round asks for.", Defaults.LabelsARound, 1, 1000);
        var seeds = VerbOptions.Number("--seeds", "Repetitions with seeds of their own.", Defaults.Seeds, 1, 100);
        var structures = VerbOptions.Number("--structures", "The largest structures of each image that are measured; 0: all.", Defaults.Structures, 0, 255);
        var parts = VerbOptions.Choice("--parts", "What learns.", Defaults.Training.Trainer.Parts);
        var steps = VerbOptions.Number("--steps", "Optimiser steps of each training.", 100, 1, 1_000_000);
        var rate = VerbOptions.Real("--learning-rate", "RATE", "Highest learning rate of the cosine.", Defaults.Training.Trainer.LearningRate, 1e-9, 1);
        var validation = VerbOptions.Real("--validation", "SHARE", "Share of the patients that the model is measured on.", Defaults.Training.ValidationShare, 0, 0.9);

        var command = new Command("simulate-loop", "Plays labelling and training on images whose labels are known: how good is the model after so many labels, asked for by this strategy or that?");
        foreach (var option in (Option[])[images, labels, merge, patient, output, json, strategies, rounds, each, seeds, structures, parts, steps, rate, validation])
            command.Add(option);
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
        {
            var length = parsed.GetValue(steps);
            var options = Defaults with
            {
                Strategies = parsed.GetValue(strategies)!,
                Rounds = parsed.GetValue(rounds),
                LabelsARound = parsed.GetValue(each),
                Seeds = parsed.GetValue(seeds),
                Structures = parsed.GetValue(structures),
                Training = Defaults.Training with
                {
                    Trainer = Defaults.Training.Trainer with { Parts = parsed.GetValue(parts), Steps = length, WarmUp = length / 10, LearningRate = parsed.GetValue(rate) },
                    ValidationShare = parsed.GetValue(validation),
                },
            };
            return SimulateRun.RunAsync(
                VerbSettings.Read(configuration(parsed)),
                new(TrainCommand.ReadLabelled(parsed, images, labels, merge, patient), options, parsed.GetRequiredValue(output), parsed.GetValue(json)),
                cancellation);
        }));
        return command;
    }
}
