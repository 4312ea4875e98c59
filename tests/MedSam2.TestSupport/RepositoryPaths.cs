namespace MedSam2.TestSupport;

/// <summary>Where a test finds the project's own files.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string Golden(params string[] parts) => Path.Combine([Root, "tests", "golden", .. parts]);

    public static string NanoModel { get; } = Path.Combine(Root, "manifests", "models", "medsam2-nano");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MedSam2.Plugin.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds MedSam2.Plugin.sln.");
    }
}
