using System.Text.Json.Nodes;

namespace MedSam2.Server.Datastore;

/// <summary>What is known of a label that a model made, in the shape that clients send and read.</summary>
internal static class LabelInfo
{
    public static JsonObject Of(string model, IReadOnlyDictionary<int, string> names) => new()
    {
        ["label_info"] = new JsonArray([.. names.OrderBy(pair => pair.Key).Select(pair => new JsonObject { ["name"] = pair.Value, ["idx"] = pair.Key })]),
        ["model"] = model,
    };
}
