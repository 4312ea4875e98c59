using System.Net.Mime;
using MedSam2.Server.Demo;

namespace MedSam2.Server.Endpoints.Home;

/// <summary><c>GET /</c>: a page that says what this is. Clients also use it as a ping.</summary>
internal static class HomePage
{
    private static readonly string Html = ReadHtml();

    public static void MapHome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", (HttpContext context, DemoStudyMaker demo) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
            if (demo.State is DemoStudyState.Making)
                context.Response.Headers["Refresh"] = "2";
            return Results.Text(Html.Replace("{demo}", Describe(demo.State), StringComparison.Ordinal), MediaTypeNames.Text.Html);
        });

    private static string Describe(DemoStudyState state) => state switch
    {
        DemoStudyState.Making => "<p>Making the demo study, an abdominal CT phantom: it is there in some seconds.</p>",
        DemoStudyState.Failed => "<p class=\"note\">The demo study could not be stored; the server's log says why.</p>",
        _ => "",
    };

    private static string ReadHtml()
    {
        using var stream = typeof(HomePage).Assembly.GetManifestResourceStream("home.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("{version}", ProductVersion.Text, StringComparison.Ordinal);
    }
}
