using System.Net;
using MedSam2.Server.Hosting;

namespace MedSam2.Server.Auth;

/// <summary>Keeps a server that lets everybody in from listening where others reach it, unless its owner says so.</summary>
internal static class PublicAddresses
{
    /// <param name="options">Whether there is a login.</param>
    /// <param name="configuration">The addresses, in any of the ways that ASP.NET takes them.</param>
    /// <exception cref="StartUpException">There is no login, and an address is not this machine's own.</exception>
    public static void Check(AuthOptions options, IConfiguration configuration)
    {
        if (options.IsEnabled || options.AllowAnonymous)
            return;
        if (Addresses(configuration).FirstOrDefault(IsPublic) is { } address)
        {
            throw new StartUpException(
                $"Nobody has to log in, so the server does not listen on {address}, which others reach. Set a login (MedSam2:Auth, see the verb 'token'), or let everybody in with --MedSam2:Auth:AllowAnonymous=true.");
        }
    }

    private static IEnumerable<string> Addresses(IConfiguration configuration)
    {
        foreach (var ports in new[] { "http_ports", "https_ports" })
        {
            // Kestrel takes these on all addresses, unless there are urls.
            if (string.IsNullOrEmpty(configuration["urls"]) && configuration[ports] is { Length: > 0 } port)
                yield return $"*:{port}";
        }

        foreach (var url in (configuration["urls"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            yield return url;
        foreach (var url in configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>())
            yield return url;
    }

    private static bool IsPublic(string address)
    {
        if (address.StartsWith("*:", StringComparison.Ordinal))
            return true;
        try
        {
            var binding = BindingAddress.Parse(address);
            if (binding.IsUnixPipe || binding.IsNamedPipe || string.Equals(binding.Host, "localhost", StringComparison.OrdinalIgnoreCase))
                return false;
            return !IPAddress.TryParse(binding.Host.Trim('[', ']'), out var host) || !IPAddress.IsLoopback(host);
        }
        catch (FormatException)
        {
            // Kestrel tells what is wrong with it.
            return false;
        }
    }
}
