using Microsoft.Extensions.Primitives;

namespace MedSam2.Server.DicomWeb.PassThrough;

/// <summary>Which headers go through: all but those that belong to one connection, to a login, or to this server's own address.</summary>
internal static class PassThroughHeaders
{
    private static readonly HashSet<string> OneConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    // Compressed text could not be rewritten on its way back.
    private static readonly HashSet<string> NotToArchive = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Authorization", "Cookie", "Origin", "Referer", "Expect", "Accept-Encoding", "Forwarded", "Via", "X-Real-IP",
    };

    private static readonly HashSet<string> NotToClient = new(StringComparer.OrdinalIgnoreCase)
    {
        "Set-Cookie", "WWW-Authenticate", "Server", "Strict-Transport-Security", "Alt-Svc", "Location",
    };

    public static void CopyTo(HttpRequest from, HttpRequestMessage to)
    {
        var ownHops = Hops(from.Headers.Connection);
        foreach (var (name, values) in from.Headers)
        {
            var isLocal = OneConnection.Contains(name) || NotToArchive.Contains(name) || ownHops.Contains(name)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase) || name.StartsWith(':');
            if (!isLocal && !to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    public static void CopyTo(HttpResponseMessage from, HttpResponse to)
    {
        var ownHops = Hops(from.Headers.NonValidated.TryGetValues("Connection", out var connection) ? new StringValues([.. connection]) : default);
        foreach (var (name, values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            // This server decides itself which web pages may call it.
            var isLocal = OneConnection.Contains(name) || NotToClient.Contains(name) || ownHops.Contains(name)
                || name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase);
            if (!isLocal)
                to.Headers[name] = new StringValues([.. values]);
        }
    }

    /// <summary>Headers that the sender itself limits to its connection.</summary>
    private static HashSet<string> Hops(StringValues connection) =>
        connection.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);
}
