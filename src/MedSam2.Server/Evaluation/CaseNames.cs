using System.Text.RegularExpressions;

namespace MedSam2.Server.Evaluation;

/// <summary>
/// Which label file belongs to which image: the one with the same path below its folder, once the words that only say
/// "image" or "label" and the file's ending are taken away. <c>t2.nii.gz</c> goes with <c>t2_seg-manual.nii.gz</c>.
/// </summary>
internal static partial class CaseNames
{
    private static readonly string[] ImageWords = ["image", "images", "img", "0000"];
    private static readonly string[] LabelWords = ["label", "labels", "seg", "segmentation", "mask", "masks", "gt", "manual"];
    private static readonly string[] Endings = [".nii.gz", ".nii", ".nrrd", ".png", ".jpg", ".jpeg"];

    /// <summary>Whether a file can be an image or labels, by its ending.</summary>
    public static bool IsKnown(string path) => Array.Exists(Endings, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether its name says that it holds labels.</summary>
    public static bool SaysLabels(string path) => Words(Path.GetFileName(path)).Any(w => LabelWords.Contains(w, StringComparer.OrdinalIgnoreCase));

    /// <summary>What an image and its labels have in common.</summary>
    /// <param name="path">Path below the folder of images or of labels.</param>
    public static string Key(string path)
    {
        var parts = path.Split('/', '\\').Select(part => string.Join('_', Words(part).Where(IsTelling))).Where(part => part.Length > 0);
        return string.Join('/', parts);
    }

    private static bool IsTelling(string word) =>
        !ImageWords.Contains(word, StringComparer.OrdinalIgnoreCase) && !LabelWords.Contains(word, StringComparer.OrdinalIgnoreCase);

    private static string[] Words(string name)
    {
        var ending = Array.Find(Endings, e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) ?? "";
        return Separators().Split(name[..^ending.Length]);
    }

    [GeneratedRegex("[ _-]+")]
    private static partial Regex Separators();
}
