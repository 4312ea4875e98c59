using System.CommandLine;
using MedSam2.Server.Evaluation;
using MedSam2.Server.Method;
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
        var axis = VerbOptions.Choice("--axis", "The stack that is prompted and walked: K as stored, J or I; or by the patient, whatever way slices are stored.", Defaults.Axis);
        var orientations = VerbOptions.Named("--orientations", "Along which stacks a volume is tracked: that of the prompt, three, all both ways, or more planes where passes disagree.", MethodNames.Orientations);
        var method = new MethodOptions();
        var structures = VerbOptions.Number("--structures", "The largest structures of each image that take part; 0: all.", Defaults.MostStructures, 0, 255);
        var pixels = VerbOptions.Number("--least-pixels", "Leave out structures smaller than this on their largest slice.", Defaults.LeastPixels, 1, int.MaxValue);
        var orders = VerbOptions.Number("--orders", "Shuffled orders of 2d-one-prompt.", Defaults.Orders, 1, 100);
        var corrections = VerbOptions.Number("--corrections", "Corrective clicks of interactive.", Defaults.Corrections, 1, 50);
        var tolerance = VerbOptions.Real("--tolerance", "MM", "How far surfaces may be apart for NSD.", Defaults.ToleranceMm, 0, 1000);

        var command = new Command("evaluate", Describe());
        foreach (var option in (Option[])[protocol, images, labels, output, json, merge, prompt, axis, orientations, structures, pixels, orders, corrections, tolerance])
            command.Add(option);
        method.AddTo(command);
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
        {
            var settings = VerbSettings.Read(configuration(parsed));
            var choice = method.Read(parsed);
            var options = Defaults with
            {
                Tracking = choice.Over(Defaults.Tracking with { CloserLook = settings.Server.CloserLook }),
                SetTracking = choice.Over(Defaults.SetTracking),
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
