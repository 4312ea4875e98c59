using System.Text.Json.Nodes;
using MedSam2.Server.Auth;
using Microsoft.OpenApi;

namespace MedSam2.Server.Endpoints.Documentation;

/// <summary>Puts what is told of an operation into the OpenAPI document.</summary>
internal static class OperationDescriber
{
    public static void Describe(OpenApiOperation operation, string method, string path)
    {
        if (RouteRoles.Of(method, path) is not AccessRole.None and var role)
            operation.Description = $"Where people log in, this asks for the role {role.ToString().ToLowerInvariant()} or a higher one.";
        if (OperationText.Find($"{method} {(path is "/" ? path : path.TrimEnd('/'))}") is not { } text)
            return;
        operation.Summary ??= text.Summary;
        foreach (var (name, meaning) in text.Query ?? new Dictionary<string, string>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = meaning, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        if (text.Body is not null)
            operation.RequestBody = new OpenApiRequestBody { Content = Content("application/json", Shape(text.Body, text.Fields), text.Body) };
        if (text.Form is { } form)
            operation.RequestBody = new OpenApiRequestBody { Content = FormContent(form, text.Urlencoded) };
        operation.Responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = "Success",
                Content = text.AnswerType is "application/json" && text.Answer is null ? null : Content(text.AnswerType, text.Answer is null ? new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } : Shape(text.Answer), text.Answer),
            },
            ["default"] = new OpenApiResponse
            {
                Description = "What went wrong, in words for people",
                Content = Content("application/json", Shape(Fault), Fault),
            },
        };
    }

    private static JsonObject Fault => new() { ["detail"] = "There is no image of this id. List them at /datastore/?output=all." };

    private static Dictionary<string, OpenApiMediaType> FormContent(IReadOnlyDictionary<string, FormField> form, bool urlencoded)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = form.ToDictionary(
                field => field.Key,
                IOpenApiSchema (field) => new OpenApiSchema { Type = JsonSchemaType.String, Format = field.Value.Binary ? "binary" : null, Description = field.Value.Description, Examples = field.Value.Example is { } example ? [example] : null }),
        };
        var whole = new JsonObject([.. form.Where(field => field.Value.Example is not null).Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value.Example))]);
        var content = Content("multipart/form-data", schema, whole.Count > 0 ? whole : null);
        if (urlencoded)
            content["application/x-www-form-urlencoded"] = new OpenApiMediaType { Schema = schema, Example = whole.DeepClone() };
        return content;
    }

    private static Dictionary<string, OpenApiMediaType> Content(string type, IOpenApiSchema schema, JsonNode? example) => new()
    {
        [type] = new OpenApiMediaType { Schema = schema, Example = example?.DeepClone() },
    };

    private static OpenApiSchema Shape(JsonNode example, IReadOnlyDictionary<string, string>? fields = null) => new()
    {
        Type = example is JsonArray ? JsonSchemaType.Array : JsonSchemaType.Object,
        Properties = fields?.ToDictionary(field => field.Key, IOpenApiSchema (field) => new OpenApiSchema { Description = field.Value }),
    };
}
