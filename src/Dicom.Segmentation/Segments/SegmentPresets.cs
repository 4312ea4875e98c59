using System.Diagnostics.CodeAnalysis;

namespace Dicom.Segmentation;

/// <summary>
/// Structures by name. The words of a name may come in any order and be parted by space, underscore or hyphen:
/// <c>liver</c>, <c>left kidney</c>, <c>kidney_left</c>, <c>vertebrae_L3</c>, <c>rib_right_7</c>.
/// </summary>
public static class SegmentPresets
{
    private static readonly Dictionary<string, AnatomyTable.Structure> ByName = Index();

    /// <summary>One name of each structure, in the table's order; paired ones also take <c>left</c> or <c>right</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. AnatomyTable.Structures.Select(structure => structure.Names[0])];

    public static bool TryFind(string name, [NotNullWhen(true)] out SegmentPreset? preset)
    {
        ArgumentNullException.ThrowIfNull(name);
        var words = Words(name);
        if (ByName.TryGetValue(Key(words), out var structure))
        {
            preset = Preset(structure, null);
            return true;
        }

        preset = null;
        var side = words.Contains("left") ? CodedConcept.Left : words.Contains("right") ? CodedConcept.Right : null;
        if (side is null)
            return false;
        words.RemoveAll(word => word == (side == CodedConcept.Left ? "left" : "right"));
        if (ByName.TryGetValue(Key(words), out structure) && structure.Paired)
            preset = Preset(structure, side);
        return preset is not null;
    }

    private static SegmentPreset Preset(AnatomyTable.Structure structure, CodedConcept? side)
    {
        var meaning = structure.Type.Meaning;
        var label = side is null ? meaning : $"{side.Meaning} {char.ToLowerInvariant(meaning[0])}{meaning[1..]}";
        var property = new SegmentedProperty(structure.Category, structure.Type) { TypeModifiers = side is null ? [] : [side] };
        return new SegmentPreset(label, property, DisplayColour.FromRgb(structure.Red, structure.Green, structure.Blue));
    }

    private static Dictionary<string, AnatomyTable.Structure> Index()
    {
        var index = new Dictionary<string, AnatomyTable.Structure>();
        foreach (var structure in AnatomyTable.Structures)
        {
            foreach (var name in structure.Names.Append(structure.Type.Meaning).Select(name => Key(Words(name))).Distinct())
                index.TryAdd(name, structure);
        }

        return index;
    }

    private static List<string> Words(string name) =>
        [.. name.ToLowerInvariant().Split([' ', '_', '-', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static string Key(IEnumerable<string> words) => string.Join(' ', words.Order(StringComparer.Ordinal));
}
