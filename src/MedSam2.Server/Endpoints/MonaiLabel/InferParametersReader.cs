using System.Globalization;
using System.Text.Json;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Errors;
using MedSam2.Server.Method;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>
/// Reads the JSON text of <c>params</c>. Clients leave keys out, send empty strings for nulls, and null coordinates for points
/// outside the image: such values count as absent. A value that means something else than it can mean is refused by its place.
/// </summary>
internal sealed class InferParametersReader(int maxPoints)
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    /// <exception cref="RequestException">The text is no JSON object, or a value cannot be understood.</exception>
    public InferParameters Read(ReadOnlyMemory<byte> json)
    {
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
            return new InferParameters();
        using var document = Parse(json);
        var root = document.RootElement;
        if (root.ValueKind is JsonValueKind.Null)
            return new InferParameters();
        if (root.ValueKind is not JsonValueKind.Object)
            throw Fault("is no JSON object");

        var foreground = ReadPoints(root, "foreground");
        var background = ReadPoints(root, "background");
        if (foreground.Count + background.Count > maxPoints)
            throw Fault($"has {foreground.Count + background.Count} points; at most {maxPoints} are taken");
        return new InferParameters
        {
            Foreground = foreground,
            Background = background,
            Roi = ReadRoi(root),
            Slice = ReadNumber(root, "slice") is { } slice ? (int)Math.Round(Math.Clamp(slice, int.MinValue, int.MaxValue)) : null,
            Label = ReadText(root, "label"),
            LabelInfo = ReadLabelInfo(root),
            Device = ReadText(root, "device"),
            Result = ReadResult(root),
            SaveLabel = ReadFlag(root, "save_label"),
            LabelTag = ReadTag(root),
            Template = ReadText(root, "template"),
            Settings = ReadSettings(root),
        };
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            RequireText(json.Span);
            return JsonDocument.Parse(json, Strict);
        }
        catch (InvalidOperationException exception)
        {
            throw RequestException.BadRequest("'params' is no valid JSON: its text is no valid Unicode.", exception);
        }
        catch (JsonException exception)
        {
            throw RequestException.BadRequest($"'params' is no valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).", exception);
        }
    }

    /// <summary>Decodes each text once: the parser takes damaged UTF-8 and half surrogate pairs, and fails only where they are read.</summary>
    private static void RequireText(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                _ = reader.GetString();
        }
    }

    private List<VoxelPoint> ReadPoints(JsonElement root, string key)
    {
        List<VoxelPoint> points = [];
        if (!TryGet(root, key, out var list))
            return points;
        if (list.ValueKind is not JsonValueKind.Array)
            throw Fault("is no list of points [i, j, k]", key);
        if (list.GetArrayLength() > maxPoints)
            throw Fault($"has {list.GetArrayLength()} points; at most {maxPoints} are taken", key);

        for (var n = 0; n < list.GetArrayLength(); n++)
        {
            var point = list[n];
            if (point.ValueKind is JsonValueKind.Null)
                continue;
            if (point.ValueKind is not JsonValueKind.Array || point.GetArrayLength() != 3)
                throw Fault("is no point [i, j, k]", key, n);
            if (point.EnumerateArray().Any(coordinate => coordinate.ValueKind is JsonValueKind.Null))
                continue;
            points.Add(new(Number(point[0], key, n, 0), Number(point[1], key, n, 1), Number(point[2], key, n, 2), n));
        }

        return points;
    }

    private static VoxelBox? ReadRoi(JsonElement root)
    {
        const string Key = "roi";
        if (!TryGet(root, Key, out var list) || (list.ValueKind is JsonValueKind.Array && list.GetArrayLength() == 0))
            return null;
        if (list.ValueKind is not JsonValueKind.Array || list.GetArrayLength() != 6)
            throw Fault("is no box [i0, i1, j0, j1, k0, k1]", Key);
        var ends = list.EnumerateArray().Select((end, n) => Number(end, Key, n)).ToArray();
        return new(ends[0], ends[1], ends[2], ends[3], ends[4], ends[5]);
    }

    private static List<string>? ReadLabelInfo(JsonElement root)
    {
        const string Key = "label_info";
        if (!TryGet(root, Key, out var list))
            return null;
        if (list.ValueKind is not JsonValueKind.Array)
            throw Fault("is no list of objects with a name", Key);
        return [.. list.EnumerateArray().Select((entry, n) => entry.ValueKind is JsonValueKind.Object
            ? ReadText(entry, "name") ?? throw Fault("has no name", Key, n)
            : throw Fault("is no object with a name", Key, n))];
    }

    private static string ReadTag(JsonElement root)
    {
        var tag = ReadText(root, "label_tag") ?? DatastoreLabel.Original;
        return DatastoreName.IsValid(tag) ? tag : throw Fault("can be no tag", "label_tag");
    }

    private static ResultFormat ReadResult(JsonElement root)
    {
        var extension = ReadText(root, "result_extension");
        if (extension is not null && !ResultFormat.Extensions.Contains(extension))
            throw Fault($"is '{extension}', but masks are written as {string.Join(", ", ResultFormat.Extensions)}", "result_extension");
        var type = ElementType.UInt8;
        if (ReadText(root, "result_dtype") is { } name && !ResultFormat.Types.TryGetValue(name, out type))
            throw Fault($"is '{name}', but masks are written as {string.Join(", ", ResultFormat.Types.Keys)}", "result_dtype");
        return new(extension, type, ReadFlag(root, "result_compress"));
    }

    private static ModelSettings ReadSettings(JsonElement root)
    {
        return new ModelSettings
        {
            Method = new()
            {
                Bank = ReadChoice(root, "bank", MethodNames.Banks),
                Capacity = (int?)ReadWithin(root, "capacity", 1, 64),
                Threshold = ReadWithin(root, "threshold", 0, 1),
                Resampling = ReadChoice(root, "resampling", MethodNames.Resamplings),
                Temperature = ReadWithin(root, "temperature", 0.001, 1000),
                Seed = (long?)ReadNumber(root, "seed"),
            },
            Orientations = ReadChoice(root, "orientations", MethodNames.Orientations) ?? MethodNames.Orientations.Default,
            MaxSlices = (int)(ReadWithin(root, "max_slices", 0, 100_000) ?? 0),
            Window = ReadWindow(root),
            CloserLook = TryGet(root, "closer_look", out _) ? ReadFlag(root, "closer_look") : null,
        };
    }

    private static double? ReadWithin(JsonElement root, string key, double least, double most) =>
        ReadNumber(root, key) is not { } number ? null
        : number >= least && number <= most ? number
        : throw Fault(string.Create(CultureInfo.InvariantCulture, $"must lie in {least} to {most}"), key);

    private static T? ReadChoice<T>(JsonElement root, string key, NameTable<T> names)
        where T : struct, Enum => ReadText(root, key) is { } name ? names.Find(name) ?? throw Fault($"is '{name}', but can be {names.Choices}", key) : null;

    /// <summary>The name of a window, or its low and high end.</summary>
    private static IntensityWindow? ReadWindow(JsonElement root)
    {
        const string Key = "window";
        if (!TryGet(root, Key, out var value))
            return null;
        if (value.ValueKind is JsonValueKind.String)
        {
            var name = value.GetString()!;
            if (WindowPresets.TryFind(name, out var preset))
                return preset;
            return name.Equals(InferModel.WindowNames[0], StringComparison.OrdinalIgnoreCase)
                ? null
                : throw Fault($"is '{name}', but can be {string.Join(", ", InferModel.WindowNames)}, or [low, high]", Key);
        }

        if (value.ValueKind is not JsonValueKind.Array || value.GetArrayLength() != 2)
            throw Fault("is no window: give its name, or [low, high]", Key);
        var window = new IntensityWindow((float)Number(value[0], Key, 0), (float)Number(value[1], Key, 1));
        return window.High > window.Low && float.IsFinite(window.High - window.Low) ? window : throw Fault("must have its low end below its high end", Key);
    }

    private static bool TryGet(JsonElement root, string key, out JsonElement value) =>
        root.TryGetProperty(key, out value)
        && value.ValueKind is not JsonValueKind.Null
        && !(value.ValueKind is JsonValueKind.String && value.GetString() is "");

    private static string? ReadText(JsonElement root, string key)
    {
        if (!TryGet(root, key, out var value))
            return null;
        return value.ValueKind is JsonValueKind.String ? value.GetString() : throw Fault("is no text", key);
    }

    private static double? ReadNumber(JsonElement root, string key) => TryGet(root, key, out var value) ? Number(value, key) : null;

    private static bool ReadFlag(JsonElement root, string key)
    {
        if (!TryGet(root, key, out var value))
            return false;
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => Number(value, key) is not 0,
            JsonValueKind.String when bool.TryParse(value.GetString(), out var flag) => flag,
            _ => throw Fault("is neither true nor false", key),
        };
    }

    private static double Number(JsonElement value, params object[] place)
    {
        var known = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out var number) ? number : double.NaN,
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => double.NaN,
        };
        return double.IsFinite(known) ? known : throw Fault("is no number", place);
    }

    private static ParameterException Fault(string what, params object[] place)
    {
        var name = string.Concat(place.Select((part, n) => part is int ? $"[{part}]" : n == 0 ? part : $".{part}"));
        return new($"{(name is "" ? "'params'" : $"'{name}' of 'params'")} {what}.", ["body", "params", .. place]);
    }
}
