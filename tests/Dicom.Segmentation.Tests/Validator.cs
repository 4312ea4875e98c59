using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>David Clunie's dciodvfy.</summary>
internal static class Validator
{
    // dciodvfy of 2022 knows no Label Map Segmentation Storage and no segment number 0: of such an object it checks values, not
    // modules. A later one knows both and reports neither.
    private static readonly string[] UnknownToOldValidators =
    [
        "Information Object Not found",
        "SegmentNumber not monotonically increasing from one by one",
    ];

    public static IReadOnlyList<string> Errors(DicomFile file, SegmentationEncoding encoding)
    {
        var validator = ExternalTool.Require("dciodvfy", "dicom3tools");
        using var saved = new TemporaryFile(file);
        var (_, output) = ExternalTool.Run(validator, saved.Path);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // It names the object that it recognised; silence would mean that it did not run.
        Assert.Contains(lines, line => line.StartsWith("Segmentation", StringComparison.Ordinal) || encoding == SegmentationEncoding.LabelMap);
        return [.. lines.Where(line => line.StartsWith("Error", StringComparison.Ordinal)
            && (encoding != SegmentationEncoding.LabelMap || !UnknownToOldValidators.Any(line.Contains)))];
    }
}
