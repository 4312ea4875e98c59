using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel.Batch;

/// <summary>Which images a batch takes.</summary>
internal enum BatchChoice
{
    All,

    /// <summary>Those with an approved label, or one of the batch's own tag.</summary>
    Labeled,

    /// <summary>The others.</summary>
    Unlabeled,
}

/// <summary>A batch as it was asked for.</summary>
/// <param name="Model">What segments.</param>
/// <param name="Choice">Which images; where <paramref name="Images"/> names them, of no meaning.</param>
/// <param name="Images">Images by their ids; null for a choice.</param>
/// <param name="Shared">Parameters of every image, prompts among them.</param>
/// <param name="Prompts">Parameters of single images, each a list of objects.</param>
/// <param name="Saves">Whether results are kept as labels.</param>
/// <param name="Workers">Images in hand at once. The device does one slice at a time; the others are read and written meanwhile.</param>
/// <param name="Most">Images at most; 0 for no limit.</param>
internal sealed record BatchRequest(
    InferModel Model,
    BatchChoice Choice,
    IReadOnlyList<string>? Images,
    InferParameters Shared,
    IReadOnlyDictionary<string, IReadOnlyList<InferParameters>> Prompts,
    bool Saves,
    int Workers,
    int Most)
{
    private const int MostWorkers = 8, UsualWorkers = 2;

    /// <exception cref="RequestException">A parameter cannot be understood.</exception>
    public static BatchRequest Read(JsonObject parameters, int mostPoints)
    {
        var reader = new InferParametersReader(mostPoints);
        return new(
            InferModel.Require(parameters["model"]!.GetValue<string>()),
            ReadChoice(parameters["images"]),
            (parameters["images"] as JsonArray)?.Select(id => Text(id, "images")).ToArray(),
            reader.Read(Bytes(parameters)),
            ReadPrompts(parameters["prompts"], reader),
            parameters["save_label"] is null || Flag(parameters["save_label"]!, "save_label"),
            Math.Min(Number(parameters["max_workers"], "max_workers") is > 0 and var workers ? workers : UsualWorkers, MostWorkers),
            Number(parameters["max_batch_size"], "max_batch_size"));
    }

    private static BatchChoice ReadChoice(JsonNode? images) => images switch
    {
        null or JsonArray => BatchChoice.All,
        JsonValue value when value.TryGetValue(out string? text) && text is "all" or "labeled" or "unlabeled" => Enum.Parse<BatchChoice>(value.GetValue<string>(), ignoreCase: true),
        _ => throw new ParameterException("'images' can be all, labeled, unlabeled, or a list of ids.", "query", "images"),
    };

    private static Dictionary<string, IReadOnlyList<InferParameters>> ReadPrompts(JsonNode? prompts, InferParametersReader reader)
    {
        if (prompts is null)
            return [];
        if (prompts is not JsonObject byImage)
            throw new ParameterException("'prompts' must be an object: for each image id its prompts, or a list of them.", "body", "prompts");
        return byImage.ToDictionary(
            pair => pair.Key,
            pair => (IReadOnlyList<InferParameters>)[.. (pair.Value as JsonArray ?? [pair.Value?.DeepClone()]).Select(one => reader.Read(Bytes(one)))],
            StringComparer.Ordinal);
    }

    private static byte[] Bytes(JsonNode? node) => JsonSerializer.SerializeToUtf8Bytes(node);

    private static string Text(JsonNode? node, string key) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : throw new ParameterException($"'{key}' must be a list of texts.", "body", key);

    private static bool Flag(JsonNode node, string key) =>
        node is JsonValue value && value.TryGetValue(out bool flag) ? flag : throw new ParameterException($"'{key}' must be true or false.", "body", key);

    private static int Number(JsonNode? node, string key) => node switch
    {
        null => 0,
        JsonValue value when value.TryGetValue(out int number) && number >= 0 => number,
        _ => throw new ParameterException($"'{key}' must be a number from 0.", "body", key),
    };
}
