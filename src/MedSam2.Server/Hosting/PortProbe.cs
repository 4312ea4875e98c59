using System.Net;
using System.Net.Sockets;

namespace MedSam2.Server.Hosting;

/// <summary>
/// Looks whether the addresses are free before anything is loaded or written: the web server itself would find out only
/// after the network is loaded and the demo study made.
/// </summary>
internal static class PortProbe
{
    /// <param name="urls">Addresses as ASP.NET takes them, separated by <c>;</c>. What is not understood here is left to it.</param>
    /// <exception cref="StartUpException">A port is taken.</exception>
    public static void Check(string? urls)
    {
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Port > 0 && ToAddress(address) is { } host && IsTaken(new(host, address.Port)))
                throw new StartUpException($"The address {url} is already in use. Stop the other program, or choose another port: --urls http://127.0.0.1:8001");
        }
    }

    private static IPAddress? ToAddress(Uri url) =>
        url.Host is "localhost" ? IPAddress.Loopback : IPAddress.TryParse(url.Host, out var address) ? address : null;

    private static bool IsTaken(IPEndPoint place)
    {
        using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(place);
            return false;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode is SocketError.AddressAlreadyInUse;
        }
    }
}
