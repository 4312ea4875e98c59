using System.CommandLine;
using MedSam2.Inference;
using MedSam2.Server.Method;

namespace MedSam2.Server.CommandLine;

/// <summary>The options of verbs that track: how the model remembers.</summary>
internal sealed class MethodOptions
{
    private static readonly TrackingOptions Defaults = new();

    private readonly Option<MemoryBankKind> bank = VerbOptions.Named("--bank", "How the model remembers: self-sorting is MedSAM-2's way, fifo SAM 2's, threshold and released are for comparison.", MethodNames.Banks);
    private readonly Option<int?> capacity = VerbOptions.Within(new Option<int?>("--capacity") { HelpName = "N", Description = $"Memories that the bank holds. Default: {Defaults.Capacity} in volumes, {PictureSetSession.DefaultOptions.Capacity} in sets of pictures." }, 1, 64);
    private readonly Option<double> threshold = VerbOptions.Real("--threshold", "IOU", "Predicted IoU below which a slice is not remembered.", Defaults.ConfidenceThreshold, 0, 1);
    private readonly Option<MemoryResampling> resampling = VerbOptions.Named("--resampling", "How memories like the current slice gain weight: as the random draw does on average, by the draw itself (stochastic, with --seed), or not. fifo has none.", MethodNames.Resamplings);
    private readonly Option<double> temperature = VerbOptions.Real("--temperature", "T", "Of the resampling: lower is sharper.", Defaults.Temperature, 0.001, 1000);
    private readonly Option<long> seed = new("--seed") { HelpName = "N", Description = "Of the stochastic resampling: the same seed gives the same masks. Default: 0." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[bank, capacity, threshold, resampling, temperature, seed])
            command.Add(option);
    }

    public MethodChoice Read(ParseResult parsed) => new()
    {
        Bank = parsed.GetValue(bank),
        Capacity = parsed.GetValue(capacity),
        Threshold = parsed.GetValue(threshold),
        Resampling = parsed.GetValue(resampling),
        Temperature = parsed.GetValue(temperature),
        Seed = parsed.GetValue(seed),
    };
}
