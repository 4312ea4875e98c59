using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A query parameter that is true or false; false where it is absent.</summary>
internal static class QueryFlag
{
    /// <exception cref="ParameterException">It is something else.</exception>
    public static bool Read(HttpRequest request, string key) => request.Query[key].ToString().ToUpperInvariant() switch
    {
        "" or "FALSE" or "0" => false,
        "TRUE" or "1" => true,
        _ => throw new ParameterException($"'{key}' must be true or false.", "query", key),
    };
}
