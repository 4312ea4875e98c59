using Microsoft.Extensions.Options;

namespace MedSam2.Server.Viewer;

/// <summary>Where the viewer's files are, and whether they are there.</summary>
internal sealed class ViewerFolder
{
    private const int MostLevels = 6;

    /// <param name="source">A folder with <c>scripts/build.mjs</c>, or null.</param>
    /// <param name="root">A folder that has or will have <c>site</c> and <c>plugin</c>.</param>
    internal ViewerFolder(string? source, string root) => (Source, Root) = (source, root);

    public ViewerFolder(IOptions<ViewerOptions> options)
    {
        var published = Path.Combine(AppContext.BaseDirectory, "viewer");
        Source = options.Value.Folder is "" && !Directory.Exists(published) ? FindSource(AppContext.BaseDirectory) : null;
        Root = options.Value.Folder is not "" ? Path.GetFullPath(options.Value.Folder) : Source is null ? published : Path.Combine(Source, "dist");
    }

    /// <summary>The client's sources, where the program runs from a source tree.</summary>
    public string? Source { get; }

    public string Root { get; }

    /// <summary>The published viewer.</summary>
    public string Site => Path.Combine(Root, "site");

    /// <summary>Our extension and mode.</summary>
    public string PlugIn => Path.Combine(Root, "plugin");

    /// <summary>Asked anew each time: a build may end, or somebody delete the folder, while the server runs.</summary>
    public bool IsReady => File.Exists(Path.Combine(Site, "index.html")) && File.Exists(Path.Combine(PlugIn, "mode.js"));

    private static string? FindSource(string folder)
    {
        var place = new DirectoryInfo(folder);
        for (var level = 0; level < MostLevels && place is not null; level++, place = place.Parent)
        {
            var client = Path.Combine(place.FullName, "clients", "ohif");
            if (File.Exists(Path.Combine(client, "viewer.json")))
                return client;
        }

        return null;
    }
}
