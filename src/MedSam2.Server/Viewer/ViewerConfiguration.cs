using System.Text.Json;
using Dicom.Segmentation;
using MedSam2.Server.Configuration;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Viewer;

/// <summary>The viewer's configuration: everything on this server's own address, and what our mode needs to know of the server.</summary>
internal sealed class ViewerConfiguration(IOptions<ServerOptions> options)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Lazy<string> _script = new(() => Write(options.Value));

    public string Script => _script.Value;

    private static string Write(ServerOptions options)
    {
        using var stream = typeof(ViewerConfiguration).Assembly.GetManifestResourceStream("app-config.js")!;
        using var reader = new StreamReader(stream);
        var settings = new { Hub = "/hubs/segmentation", Version = ProductVersion.Text, Labels = options.LabelNames, Presets = Presets() };
        // The serializer escapes what could end the script.
        return reader.ReadToEnd().Replace("__MEDSAM2__", JsonSerializer.Serialize(settings, Json), StringComparison.Ordinal);
    }

    /// <summary>Structures with their codes, each side of a paired one by itself.</summary>
    private static IEnumerable<object> Presets() =>
        from name in SegmentPresets.Names
        from text in SegmentPresets.TryFind($"left {name}", out _) ? new[] { $"left {name}", $"right {name}" } : [name]
        let preset = Find(text)
        where preset is not null
        select new { preset.Label, Code = new { preset.Property.Type.Scheme, preset.Property.Type.Value, preset.Property.Type.Meaning } };

    private static SegmentPreset? Find(string name) => SegmentPresets.TryFind(name, out var preset) ? preset : null;
}
