using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Preprocessing;

/// <summary>Grey windows by name. To add one: name it in <see cref="All"/>, and every interface knows it.</summary>
public static class WindowPresets
{
    /// <summary>The usual CT windows, in Hounsfield units, and one for PET, in SUV.</summary>
    public static IReadOnlyList<WindowPreset> All { get; } =
    [
        new("soft-tissue", WindowSelection.SoftTissue),
        new("abdomen", IntensityWindow.FromCenterWidth(50, 350)),
        new("liver", IntensityWindow.FromCenterWidth(60, 160)),
        new("mediastinum", IntensityWindow.FromCenterWidth(40, 350)),
        new("lung", IntensityWindow.FromCenterWidth(-600, 1500)),
        new("bone", IntensityWindow.FromCenterWidth(400, 1800)),
        new("brain", IntensityWindow.FromCenterWidth(40, 80)),
        new("angiography", IntensityWindow.FromCenterWidth(300, 600)),
        new("suv", new IntensityWindow(0, 10)),
    ];

    /// <summary>The names, for a message or a list of choices.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(preset => preset.Name)];

    /// <summary>The window of a name, in any case of letters.</summary>
    public static bool TryFind(string name, out IntensityWindow window)
    {
        var preset = All.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        window = preset?.Window ?? default;
        return preset is not null;
    }

    /// <summary>A name, or <c>CENTRE,WIDTH</c> as radiologists write windows.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IntensityWindow? window)
    {
        window = TryFind(text, out var preset) ? preset : ParseCenterWidth(text.Split(','));
        return window is not null;
    }

    private static IntensityWindow? ParseCenterWidth(string[] parts) =>
        parts.Length == 2
        && float.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var center)
        && float.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var width)
        && width > 0 && float.IsFinite(center) && float.IsFinite(width)
            ? IntensityWindow.FromCenterWidth(center, width)
            : null;
}

/// <param name="Name">Lower-case words joined by hyphens.</param>
/// <param name="Window">In the real values of its modality.</param>
public sealed record WindowPreset(string Name, IntensityWindow Window);
