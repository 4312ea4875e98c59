using System.Globalization;
using System.Net;

namespace MedSam2.Server.DicomWeb;

/// <summary>The addresses of resources as the sender of a request can reach them.</summary>
internal readonly struct ResourceUrls(HttpRequest request)
{
    public string Root { get; } = $"{request.Scheme}://{Host(request)}{request.PathBase}{DicomWebExtensions.Path}";

    public string Study(string study) => $"{Root}/studies/{study}";

    public string Series(string study, string series) => $"{Study(study)}/series/{series}";

    public string Instance(string study, string series, string instance) => $"{Series(study, series)}/instances/{instance}";

    public string BulkData(string study, string series, string instance, string path) => $"{Instance(study, series, instance)}/bulkdata/{path}";

    /// <summary>
    /// The host that the sender names. dicomweb-client leaves the port out of its Host header; where it names the very address that it
    /// is connected to, the connection's port is the one that it means. A proxy names its own address, and that is left as it is.
    /// </summary>
    private static string Host(HttpRequest request)
    {
        var (host, connection) = (request.Host, request.HttpContext.Connection);
        var local = connection.LocalIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : connection.LocalIpAddress;
        var isDirect = host.Port is null && local is not null
            && (IPAddress.TryParse(host.Host, out var named) ? named.Equals(local) : host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && IPAddress.IsLoopback(local));
        return isDirect && connection.LocalPort != (request.IsHttps ? 443 : 80) ? string.Create(CultureInfo.InvariantCulture, $"{host.Host}:{connection.LocalPort}") : host.ToUriComponent();
    }
}
