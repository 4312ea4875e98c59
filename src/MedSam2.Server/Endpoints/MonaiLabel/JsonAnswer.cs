using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>JSON as MONAI Label answers it: <c>null</c> included, names as they are.</summary>
internal static class JsonAnswer
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Of(JsonNode? node) => Results.Text(node?.ToJsonString(Readable) ?? "null", "application/json");
}
