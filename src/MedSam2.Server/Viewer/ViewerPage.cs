using System.Net;
using System.Net.Mime;

namespace MedSam2.Server.Viewer;

/// <summary>The viewer's own files; any path without an extension is a place within the viewer and gets its page.</summary>
internal static class ViewerPage
{
    /// <summary>Scripts and workers from here alone; the decoders are WebAssembly; the viewer sets styles from scripts.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; connect-src 'self' data: blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

    public static IResult Answer(HttpContext context, ViewerFolder folder, ViewerBuild build, string? path)
    {
        if (context.Request.Path == ViewerExtensions.Path)
            return Results.Redirect($"{context.Request.PathBase}{ViewerExtensions.Path}/");
        if (Path.HasExtension(path))
            return ViewerFiles.Find(context, folder.Site, path) ?? Results.NotFound();
        if (!folder.IsReady)
            return NotReady(context, build);
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return ViewerFiles.Find(context, folder.Site, "index.html") ?? NotReady(context, build);
    }

    private static IResult NotReady(HttpContext context, ViewerBuild build)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'";
        context.Response.Headers.CacheControl = "no-store";
        if (build.Step is not null)
            context.Response.Headers["Refresh"] = "2";
        return Results.Text(
            $"""
             <!doctype html>
             <html lang="en"><head><meta charset="utf-8"><title>MedSAM-2: the viewer</title></head>
             <body><h1>The viewer is not there yet</h1><p>It is {WebUtility.HtmlEncode(build.Describe())}</p><p><a href="/">The server's page</a></p></body></html>
             """,
            MediaTypeNames.Text.Html,
            System.Text.Encoding.UTF8,
            StatusCodes.Status503ServiceUnavailable);
    }
}
