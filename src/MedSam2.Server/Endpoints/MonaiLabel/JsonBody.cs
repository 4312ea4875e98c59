using System.Text.Json.Nodes;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A body that is a JSON object, or <c>null</c>, or absent: the last two are an empty object.</summary>
internal static class JsonBody
{
    private const int MostBytes = 1 << 20;

    /// <exception cref="RequestException">It is something else, or too long.</exception>
    public static async Task<JsonObject> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var reader = new StreamReader(request.Body);
        var text = new char[4096];
        var body = new System.Text.StringBuilder();
        for (int length; (length = await reader.ReadBlockAsync(text, cancellation)) > 0;)
        {
            if (body.Append(text, 0, length).Length > MostBytes)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"The body is longer than {MostBytes >> 10} KiB.");
        }

        var json = body.ToString();
        if (string.IsNullOrWhiteSpace(json))
            return [];
        if (!request.HasJsonContentType())
            throw new ParameterException("The body must be application/json, or absent.", "body");
        return Upload.ParseObject(json, "The body");
    }
}
