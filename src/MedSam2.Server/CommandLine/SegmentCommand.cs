using System.CommandLine;
using System.CommandLine.Parsing;
using Dicom.Segmentation;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Method;
using MedSam2.Server.Segmentation;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>segment</c>.</summary>
internal static class SegmentCommand
{
    private const string Description = """
        Segments one object of an image from points or a box, without a server.

        medsam2 segment ct/ --box 171,165,264,254 --slice 9 --name liver -o liver.dcm
        medsam2 segment brain.nrrd --point 120,96,11 -o tumor.nii.gz
        """;

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var image = new Argument<string>("IMAGE") { Description = "A folder with one DICOM series, a DICOM file, a NIfTI (.nii, .nii.gz) or NRRD file, or a picture (.png, .jpg)." };
        var prompts = new PromptOptions();
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Required = true,
            Description = "Where to: .dcm (DICOM SEG, for DICOM images), .nii, .nii.gz, .nrrd, or .png (of a volume a contact sheet, of a picture its mask).",
        };
        var force = new Option<bool>("--force") { Description = "Replace the output if it is there." };
        var name = new Option<string>("--name") { HelpName = "TEXT", Description = "What the object is, such as liver or tumor. Default: object.", DefaultValueFactory = _ => "object" };
        var window = new Option<IntensityWindow?>("--window") { HelpName = "CENTRE,WIDTH|NAME", Description = $"Grey window for the network, by its numbers or by name: {string.Join(", ", WindowPresets.Names)}. Default: the image's own, soft tissue for CT, percentiles for the rest.", CustomParser = ParseWindow };
        var method = new MethodOptions();
        var orientations = VerbOptions.Named("--orientations", "Along which stacks the object is carried: that of the prompt, three, all both ways (MedSAM-2's six), or more planes where passes disagree.", MethodNames.Orientations);
        var oneSlice = new Option<bool>("--prompted-only") { Description = "Stay on the prompted slices instead of carrying the object through the volume." };
        var part = new Option<int>("--part") { HelpName = "N", Description = "Which volume or picture of a DICOM series that holds several (times, echoes, views), from 1. Default: 1.", DefaultValueFactory = _ => 1 };
        var labelMap = new Option<bool>("--label-map") { Description = "Store a DICOM SEG as LABELMAP (2024) instead of BINARY, which every viewer reads." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };

        var command = new Command("segment", Description) { image };
        prompts.AddTo(command);
        foreach (var option in (Option[])[output, force, name, labelMap, part, window, orientations, oneSlice, json])
            command.Add(option);
        method.AddTo(command);
        command.SetAction((parsed, cancellation) => VerbRun.RunAsync(() =>
        {
            var settings = VerbSettings.Read(configuration(parsed));
            var request = new SegmentRequest(
                parsed.GetRequiredValue(image),
                parsed.GetValue(part),
                geometry => prompts.Read(parsed, geometry),
                parsed.GetRequiredValue(output),
                parsed.GetValue(force),
                parsed.GetRequiredValue(name),
                parsed.GetValue(labelMap) ? SegmentationEncoding.LabelMap : SegmentationEncoding.Binary,
                method.Read(parsed).Over(new() { Window = parsed.GetValue(window), CloserLook = settings.Server.CloserLook }),
                parsed.GetValue(oneSlice) ? null : parsed.GetValue(orientations),
                parsed.GetValue(json));
            return SegmentRun.RunAsync(settings, request, cancellation);
        }));
        return command;
    }

    private static IntensityWindow? ParseWindow(ArgumentResult result)
    {
        if (WindowPresets.TryParse(result.Tokens[0].Value, out var window))
            return window;
        result.AddError($"--window takes CENTRE,WIDTH with a positive width, such as 40,400, or one of {string.Join(", ", WindowPresets.Names)}.");
        return null;
    }
}
