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
        <style>body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em } code, pre { font-size: 90% } pre { background: #8881; padding: .5em 1em; overflow: auto } h2 { font-size: 1.1em; margin: 1.5em 0 .2em } p, ul { margin: .2em 0 } summary { cursor: pointer }</style>
        </head>
        <body>
        <h1>MedSAM-2: HTTP interface</h1>
        <p>MONAI Label's API, and DICOMweb under <code>/dicom-web</code>. For research only. The same for programs: <a href="openapi.json">openapi.json</a>.</p>
        <div id="list"></div>
        <script>
        const add = (parent, tag, text) => { const element = parent.appendChild(document.createElement(tag)); element.textContent = text; return element; };
        const example = (parent, title, content) => {
          for (const [type, media] of Object.entries(content ?? {})) {
            if (media.example === undefined) { add(parent, 'p', title + ': ' + type); continue; }
            const details = add(parent, 'details', '');
            add(details, 'summary', title + ': ' + type);
            add(details, 'pre', JSON.stringify(media.example, null, 2));
          }
        };
        fetch('openapi.json').then(answer => answer.json()).then(api => {
          const list = document.getElementById('list');
          for (const [path, operations] of Object.entries(api.paths)) {
            for (const [method, operation] of Object.entries(operations)) {
              add(list, 'h2', method.toUpperCase() + ' ' + path);
              add(list, 'p', operation.summary ?? '');
              add(list, 'p', operation.description ?? '');
              const query = (operation.parameters ?? []).filter(parameter => parameter.in === 'query');
              if (query.length) {
                const names = add(list, 'ul', '');
                for (const parameter of query) add(names, 'li', parameter.name + ': ' + parameter.description);
              }
              example(list, 'Request', operation.requestBody?.content);
              example(list, 'Answer', operation.responses?.['200']?.content);
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
            OperationDescriber.Describe(operation, context.Description.HttpMethod ?? "GET", $"/{context.Description.RelativePath}");
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
