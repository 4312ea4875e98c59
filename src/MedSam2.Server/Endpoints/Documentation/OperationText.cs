using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace MedSam2.Server.Endpoints.Documentation;

/// <summary>
/// What is told of an operation: <c>operations.json</c> beside this file, by method and path. To describe a new one: an entry
/// there; a test names those that have none.
/// </summary>
/// <param name="Summary">One or two lines.</param>
/// <param name="Query">Its query parameters, each in a few words.</param>
/// <param name="Body">An example of its JSON body; null for none.</param>
/// <param name="Fields">Fields of the JSON body, each in a few words.</param>
/// <param name="Form">The fields and files of its form; null for none.</param>
/// <param name="Urlencoded">Whether the form may also be url-encoded.</param>
/// <param name="Answer">An example of its answer.</param>
/// <param name="AnswerType">The answer's media type.</param>
internal sealed record OperationText(
    string Summary,
    IReadOnlyDictionary<string, string>? Query = null,
    JsonNode? Body = null,
    IReadOnlyDictionary<string, string>? Fields = null,
    IReadOnlyDictionary<string, FormField>? Form = null,
    bool Urlencoded = false,
    JsonNode? Answer = null,
    string AnswerType = "application/json")
{
    private static readonly Lazy<Dictionary<string, OperationText>> Known = new(Read);

    public static OperationText? Find(string operation) => Known.Value.GetValueOrDefault(operation);

    private static Dictionary<string, OperationText> Read()
    {
        using var file = typeof(OperationText).Assembly.GetManifestResourceStream("operations.json")!;
        return JsonSerializer.Deserialize(file, OperationJson.Default.DictionaryStringOperationText)!;
    }
}

/// <summary>A field or file of a form.</summary>
internal sealed record FormField(string? Description = null, string? Example = null, bool Binary = false);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Dictionary<string, OperationText>))]
internal sealed partial class OperationJson : JsonSerializerContext;
