using System.CommandLine;
using MedSam2.Inference;
using MedSam2.Server.Evaluation;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>evaluate</c>.</summary>
internal static class EvaluateCommand
{
    private static readonly EvaluationOptions Defaults = new();

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var protocol = new Option<Protocol>("--protocol")
        {
            HelpName = "NAME",
            Required = true,
            Description = string.Join(" | ", Protocol.All.Select(p => p.Name)),
            CustomParser = result =>
            {
                var found = Protocol.Find(result.Tokens[0].Value);
                if (found is null)
                    result.AddError($"There is no protocol '{result.Tokens[0].Value}'. There are: {string.Join(", ", Protocol.All.Select(p => p.Name))}.");
                return found;
            },
        };
        var images = new Option<string>("--images") { HelpName = "PATH", Required = true, Description = "Folder of images: NIfTI, NRRD, pictures, folders of DICOM series. Or one image." };
        var labels = new Option<string>("--labels") { HelpName = "PATH", Required = true, Description = "Folder of labels named like their images (case7.nii.gz, case7_seg.nii.gz, case7/label.nii.gz); it may be the same folder. Or the label file of one image. Labels of pictures are grey or palette PNG." };
        var output = new Option<string?>("--output") { HelpName = "DIR", Description = "Write the report (JSON), the table (Markdown) and the plots (PNG) here." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON instead of the table." };
        var merge = new Option<bool>("--merge") { Description = "Take all labels of an image as one." };
        var prompt = VerbOptions.Choice("--prompt", "What is said about a structure: Box, Click or Mask.", Defaults.Prompt);
        var axis = VerbOptions.Choice("--axis", "The stack that is prompted and walked: K as stored, J or I.", Defaults.Axis);
        var orientations = VerbOptions.Choice("--orientations", "Along which stacks a volume is tracked: that of the prompt, three, or all both ways.", Defaults.Orientations);
        var bank = VerbOptions.Choice("--bank", "How the model remembers: SelfSorting (MedSAM-2), Fifo (SAM 2), Threshold or Released2D.", Defaults.Tracking.Bank);
        var capacity = VerbOptions.Number("--capacity", "Memories that the bank holds.", Defaults.Tracking.Capacity, 1, 64);
        var threshold = VerbOptions.Real("--threshold", "IOU", "Predicted IoU below which a slice is not remembered.", Defaults.Tracking.ConfidenceThreshold, 0, 1);
        var structures = VerbOptions.Number("--structures", "The largest structures of each image that take part; 0: all.", Defaults.MostStructures, 0, 255);
        var pixels = VerbOptions.Number("--least-pixels", "Leave out structures smaller than this on their largest slice.", Defaults.LeastPixels, 1, int.MaxValue);
        var orders = VerbOptions.Number("--orders", "Shuffled orders of 2d-one-prompt.", Defaults.Orders, 1, 100);
        var corrections = VerbOptions.Number("--corrections", "Corrective clicks of interactive.", Defaults.Corrections, 1, 50);
        var tolerance = new Option<double>("--tolerance") { HelpName = "MM", Description = $"How far surfaces may be apart for NSD. Default: {Defaults.ToleranceMm}.", DefaultValueFactory = _ => Defaults.ToleranceMm };

        var command = new Command("evaluate", Describe());
        foreach (var option in (Option[])[protocol, images, labels, output, json, merge, prompt, axis, orientations, bank, capacity, threshold, structures, pixels, orders, corrections, tolerance])
            command.Add(option);
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
        {
            var settings = VerbSettings.Read(configuration(parsed));
            var tracking = new TrackingOptions { Bank = parsed.GetValue(bank), Capacity = parsed.GetValue(capacity), CloserLook = settings.Server.CloserLook, ConfidenceThreshold = parsed.GetValue(threshold) };
            if (tracking.Bank == MemoryBankKind.Fifo)
                tracking = tracking with { Resampling = MemoryResampling.None };
            var options = Defaults with
            {
                Tracking = tracking,
                Prompt = parsed.GetValue(prompt),
                Axis = parsed.GetValue(axis),
                Orientations = parsed.GetValue(orientations),
                MostStructures = parsed.GetValue(structures),
                LeastPixels = parsed.GetValue(pixels),
                Orders = parsed.GetValue(orders),
                Corrections = parsed.GetValue(corrections),
                ToleranceMm = parsed.GetValue(tolerance),
            };
            return EvaluateRun.RunAsync(
                settings,
                new(parsed.GetRequiredValue(protocol), parsed.GetRequiredValue(images), parsed.GetRequiredValue(labels), parsed.GetValue(merge), options, parsed.GetValue(output), parsed.GetValue(json)),
                cancellation);
        }));
        return command;
    }

    private static string Describe() => $"""
        Measures the model on images with labels, beside methods that learn nothing and are given the same prompts.

        Protocols:
        {string.Join('\n', Protocol.All.Select(p => $"  {p.Name,-17} {p.Description}"))}
        """;
}
