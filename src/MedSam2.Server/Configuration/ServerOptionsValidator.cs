using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Configuration;

/// <summary>Reports all faults of the settings at once, each with its mend.</summary>
internal sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        List<string> faults = [];
        if (options.Data is "" && ServerOptions.UserDataFolder is "")
            faults.Add("This user has no home folder for stored studies: name a folder with --data.");
        else if (File.Exists(options.DataFolder))
            faults.Add($"The data folder '{options.Data}' is a file: name a folder with --data.");
        if (File.Exists(options.Studies))
            faults.Add($"The studies folder '{options.Studies}' is a file: name a folder of DICOM files with --studies.");
        else if (options.Studies is not "" && !Directory.Exists(options.Studies))
            faults.Add($"The studies folder '{options.Studies}' does not exist: name an existing folder of DICOM files with --studies.");
        if (options.ModelFault is { } fault)
            faults.Add(fault);
        if (!DeviceName().IsMatch(options.Device))
            faults.Add($"The device '{options.Device}' is unknown: --device takes cpu, cuda, or cuda:N.");
        if (options.ModelPrecision is null)
            faults.Add($"The precision '{options.Precision}' is unknown: --precision takes float32, bfloat16 or float16.");
        if (options.LabelNames.Count is 0 or > 255)
            faults.Add("MedSam2:Labels needs 1 to 255 names, separated by commas.");
        if (options.SegmentationType is not ("BINARY" or "LABELMAP"))
            faults.Add($"MedSam2:SegmentationType is '{options.SegmentationType}': write BINARY or LABELMAP.");
        foreach (var origin in options.Origins)
        {
            if (origin is not "*" && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.AbsolutePath is "/" && !origin.EndsWith('/')))
                faults.Add($"MedSam2:AllowedOrigins: '{origin}' is no origin; write it like https://viewer.example.org or *.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    [GeneratedRegex(@"^(cpu|cuda(:\d{1,3})?)$", RegexOptions.CultureInvariant)]
    private static partial Regex DeviceName();
}
