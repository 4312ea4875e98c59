using System.Net;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using MedSam2.Server.Configuration;
using MedSam2.Server.Demo;
using MedSam2.Server.Device;
using MedSam2.Server.Viewer;
using MedSam2.Studies.DicomWebClient;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.Home;

/// <summary><c>GET /</c>: what this is, how it stands, and where to go. Clients also use it as a ping.</summary>
internal static class HomePage
{
    private static readonly string Html = ReadHtml();

    private static readonly string ContentSecurityPolicy = $"default-src 'none'; style-src '{HashOfStyle()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    public static void MapHome(this IEndpointRouteBuilder routes) => routes.MapGet("/", async (HttpContext context) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.CacheControl = "no-store";
        if (context.RequestServices.GetRequiredService<DemoStudyMaker>().State is DemoStudyState.Making || context.RequestServices.GetRequiredService<ViewerBuild>().Step is not null)
            headers["Refresh"] = "2";
        return Results.Text(await FillAsync(context), MediaTypeNames.Text.Html, Encoding.UTF8);
    });

    private static async Task<string> FillAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var options = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var model = services.GetRequiredService<ModelHost>().Model;
        var viewer = services.GetRequiredService<ViewerBuild>();
        var isReady = services.GetRequiredService<ViewerFolder>().IsReady;
        // An archive is not asked: it may be away now, and the page must answer.
        var archive = services.GetRequiredService<IOptions<ArchiveOptions>>().Value;
        var store = archive.IsConfigured ? null : services.GetRequiredService<StudyStore>();
        var demo = store is null ? null : await store.FindStudyOfSeriesAsync(DemoStudy.SeriesInstanceUidOf(), context.RequestAborted);

        return Html
            .Replace("{demo}", Describe(services.GetRequiredService<DemoStudyMaker>().State), StringComparison.Ordinal)
            .Replace("{start}", Start(isReady, demo, viewer), StringComparison.Ordinal)
            .Replace("{model}", Encode(model.Name) + (options.Model is "" ? ", embedded, for trying out" : ""), StringComparison.Ordinal)
            .Replace("{device}", Encode($"{model.Device}"), StringComparison.Ordinal)
            .Replace("{store}", store is null ? "an archive, through DICOMweb" : await CountAsync(store, context.RequestAborted), StringComparison.Ordinal)
            .Replace("{viewer}", Encode(viewer.Describe()), StringComparison.Ordinal)
            .Replace("{address}", Encode($"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}"), StringComparison.Ordinal);
    }

    private static string Start(bool isReady, string? demo, ViewerBuild viewer)
    {
        if (!isReady)
            return $"<p role=\"status\">The web viewer is {Encode(viewer.Describe())}</p>";
        var list = "<a class=\"button{0}\" href=\"ohif/\">All studies in the viewer</a>";
        return demo is null
            ? string.Format(System.Globalization.CultureInfo.InvariantCulture, list, " first")
            : $"<a class=\"button first\" href=\"ohif/medsam2?StudyInstanceUIDs={Uri.EscapeDataString(demo)}\">Open the demo study</a>" + string.Format(System.Globalization.CultureInfo.InvariantCulture, list, "");
    }

    private static async Task<string> CountAsync(StudyStore store, CancellationToken cancellation)
    {
        var series = await store.CountSeriesAsync(cancellation);
        return FormattableString.Invariant($"{series.Images} series, {series.Segmented} segmented");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Describe(DemoStudyState state) => state switch
    {
        DemoStudyState.Making => "<p role=\"status\">Making the demo study, an abdominal CT phantom: it is there in some seconds.</p>",
        DemoStudyState.Failed => "<p class=\"note\">The demo study could not be stored; the server's log says why.</p>",
        _ => "",
    };

    private static string ReadHtml()
    {
        using var stream = typeof(HomePage).Assembly.GetManifestResourceStream("home.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Replace("{version}", ProductVersion.Text, StringComparison.Ordinal);
    }

    private static string HashOfStyle()
    {
        const string Open = "<style>", Close = "</style>";
        var from = Html.IndexOf(Open, StringComparison.Ordinal) + Open.Length;
        return $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Html[from..Html.IndexOf(Close, StringComparison.Ordinal)])))}";
    }
}
