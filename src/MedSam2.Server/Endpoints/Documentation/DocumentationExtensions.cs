using System.Net.Mime;
using System.Text;

namespace MedSam2.Server.Endpoints.Documentation;

/// <summary>The server's interface for programs (<c>/openapi.json</c>) and for people (<c>/docs</c>).</summary>
internal static class DocumentationExtensions
{
    private const string Document = "/openapi.json";

    // The page asks the server alone: nothing of it comes from elsewhere.
    private const string Page = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>MedSAM-2: HTTP interface</title>
        <style>body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em } code { font-size: 95% } dt { margin-top: .7em } b { display: inline-block; min-width: 5em }</style>
        </head>
        <body>
        <h1>MedSAM-2: HTTP interface</h1>
        <p>MONAI Label's API, and DICOMweb under <code>/dicom-web</code>. For research only. The same for programs: <a href="openapi.json">openapi.json</a>.</p>
        <dl id="list"></dl>
        <script>
        fetch('openapi.json').then(answer => answer.json()).then(api => {
          const list = document.getElementById('list');
          for (const [path, operations] of Object.entries(api.paths)) {
            for (const [method, operation] of Object.entries(operations)) {
              const term = list.appendChild(document.createElement('dt'));
              term.appendChild(document.createElement('b')).textContent = method.toUpperCase();
              term.appendChild(document.createElement('code')).textContent = path;
              list.appendChild(document.createElement('dd')).textContent = operation.summary ?? '';
            }
          }
        });
        </script>
        </body>
        </html>
        """;

    public static void AddDocumentation(this WebApplicationBuilder builder) => builder.Services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "MedSAM-2";
            document.Info.Version = ProductVersion.Text;
            document.Info.Description = "Interactive segmentation of medical volumes: MONAI Label's API and DICOMweb. For research only.";
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var key = $"{context.Description.HttpMethod} /{context.Description.RelativePath?.TrimEnd('/')}";
            operation.Summary ??= OperationSummaries.Find(key);
            return Task.CompletedTask;
        });
    });

    public static void MapDocumentation(this WebApplication app)
    {
        app.MapOpenApi(Document);
        app.MapGet("/docs", (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
            return Results.Text(Page, MediaTypeNames.Text.Html, Encoding.UTF8);
        }).ExcludeFromDescription();
    }
}
