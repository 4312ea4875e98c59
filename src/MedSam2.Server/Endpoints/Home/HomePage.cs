using System.Net.Mime;

namespace MedSam2.Server.Endpoints.Home;

/// <summary><c>GET /</c>: a page that says what this is. Clients also use it as a ping.</summary>
internal static class HomePage
{
    private static readonly string Html = ReadHtml();

    public static void MapHome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
            return Results.Text(Html, MediaTypeNames.Text.Html);
        });

    private static string ReadHtml()
    {
        using var stream = typeof(HomePage).Assembly.GetManifestResourceStream("home.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("{version}", ProductVersion.Text, StringComparison.Ordinal);
    }
}
