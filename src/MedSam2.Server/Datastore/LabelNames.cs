using System.Text.Json.Nodes;

namespace MedSam2.Server.Datastore;

/// <summary>What the values of a label volume are called, after the <c>label_info</c> that came with it.</summary>
internal static class LabelNames
{
    /// <summary>
    /// Slicer numbers its entries by their place among all segments, but exports the kept ones as 1 to n: so the v-th entry
    /// names the value v, unless the numbers run from 1 to n themselves, or a value lies beyond the entries.
    /// </summary>
    public static IReadOnlyDictionary<int, string> Of(JsonNode? labelInfo, IReadOnlyCollection<int> values)
    {
        var entries = (labelInfo as JsonArray ?? []).OfType<JsonObject>().Select((entry, n) => (Name: Text(entry["name"]), Index: Index(entry), Place: n + 1)).ToArray();
        var counted = entries.Select(entry => entry.Index).Order().SequenceEqual(Enumerable.Range(1, entries.Length).Select(n => (int?)n));
        var byIndex = counted || (values.Count > 0 && values.Max() > entries.Length);
        var names = new Dictionary<int, string>();
        foreach (var value in values)
        {
            var name = entries.FirstOrDefault(entry => (byIndex ? entry.Index : entry.Place) == value).Name;
            names[value] = string.IsNullOrWhiteSpace(name) ? $"Segment_{value}" : name;
        }

        return names;
    }

    private static int? Index(JsonObject entry) =>
        (entry["idx"] ?? entry["labelID"] ?? entry["label"]) is JsonValue value && value.TryGetValue(out int index) ? index : null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
