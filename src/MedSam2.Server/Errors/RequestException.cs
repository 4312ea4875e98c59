namespace MedSam2.Server.Errors;

/// <summary>A request that cannot be answered as it stands; the message tells its sender the cause and the mend.</summary>
internal class RequestException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status { get; } = status;

    public static RequestException BadRequest(string message, Exception? inner = null) => new(StatusCodes.Status400BadRequest, message, inner);

    public static RequestException NotFound(string message) => new(StatusCodes.Status404NotFound, message);

    public static RequestException NotAcceptable(string message, Exception? inner = null) => new(StatusCodes.Status406NotAcceptable, message, inner);

    public static RequestException UnsupportedMedia(string message) => new(StatusCodes.Status415UnsupportedMediaType, message);
}

/// <summary>A parameter with a value that it cannot have: 422, with the place of the parameter.</summary>
internal sealed class ParameterException(string message, params object[] location) : RequestException(StatusCodes.Status422UnprocessableEntity, message)
{
    /// <summary>Where it is, from the outside in: <c>"query", "output"</c> or <c>"body", "params", "foreground", 0</c>.</summary>
    public IReadOnlyList<object> Location { get; } = location;
}
