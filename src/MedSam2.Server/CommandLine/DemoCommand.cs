using System.CommandLine;
using MedSam2.Server.Demo;

namespace MedSam2.Server.CommandLine;

/// <summary>The verb <c>demo</c>.</summary>
internal static class DemoCommand
{
    private const string Description = """
        Does the main job unattended, through the server's public interfaces: a box on one slice, the mask of the whole volume,
        stored as DICOM SEG, fetched back, measured and drawn. Uses a temporary data folder and a free port unless told otherwise.
        """;

    private static readonly Option<string> Labels = new("--labels")
    {
        HelpName = "FILE",
        Description = "True labels of the series (NIfTI or NRRD) to measure against. Default: the demo study's own.",
    };

    private static readonly Option<byte> Label = new("--label")
    {
        HelpName = "VALUE",
        Description = "Which label of the file to segment (1 to 255). Default: the liver of the demo study.",
    };

    private static readonly Option<string> Output = new("--output")
    {
        HelpName = "FILE",
        Description = "Where to write the picture (PNG). Default: demo.png in this folder.",
    };

    /// <param name="configuration">The configuration keys that a command line sets.</param>
    public static Command Create(Func<ParseResult, string[]> configuration)
    {
        var command = new Command("demo", Description) { Labels, Label, Output };
        command.SetAction((parsed, cancellation) => DemoRun.RunAsync(
            new DemoArguments(
                configuration(parsed),
                parsed.GetValue(Labels),
                parsed.GetResult(Label) is null ? null : parsed.GetValue(Label),
                parsed.GetValue(Output)),
            cancellation));
        return command;
    }
}
