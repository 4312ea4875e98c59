namespace MedSam2.Server.Viewer;

/// <summary>The OHIF viewer, unchanged, with our extension and mode, on this server's own address.</summary>
internal static class ViewerExtensions
{
    /// <summary>Built into the viewer's files when they are fetched.</summary>
    public const string Path = "/ohif";

    public static void AddViewer(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ViewerOptions>().BindConfiguration(ViewerOptions.Section);
        builder.Services.AddSingleton<ViewerFolder>();
        builder.Services.AddSingleton<ViewerBuild>();
        builder.Services.AddSingleton<ViewerConfiguration>();
    }

    public static void MapViewer(this WebApplication app)
    {
        var group = app.MapGroup(Path).ExcludeFromDescription();
        group.MapMethods("/app-config.js", [HttpMethods.Get, HttpMethods.Head], (HttpContext context, ViewerConfiguration configuration) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Text(configuration.Script, "text/javascript", System.Text.Encoding.UTF8);
        });
        group.MapMethods("/plugins/medsam2/{**path}", [HttpMethods.Get, HttpMethods.Head], (HttpContext context, ViewerFolder folder, string path) =>
            ViewerFiles.Find(context, folder.PlugIn, path) ?? Results.NotFound());
        group.MapMethods("/{**path}", [HttpMethods.Get, HttpMethods.Head], ViewerPage.Answer);
    }
}
