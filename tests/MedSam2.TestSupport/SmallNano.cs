namespace MedSam2.TestSupport;

/// <summary>
/// The embedded model on slices of 128 x 128 pixels, in a folder of its own: the same weights, which were trained at this size, too, for a
/// quarter of the work. For tests that ask how something goes, not how good the masks are.
/// </summary>
public static class SmallNano
{
    private static readonly Lazy<string> Made = new(Make);

    /// <summary>The model's folder; it goes with the process.</summary>
    public static string Folder => Made.Value;

    private static string Make()
    {
        var temporary = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => temporary.Dispose();
        var folder = Directory.CreateDirectory(temporary.File("medsam2-nano")).FullName;
        const string Whole = "image_size: 256";
        var configuration = File.ReadAllText(Path.Combine(RepositoryPaths.NanoModel, "config.yaml"));
        if (!configuration.Contains(Whole, StringComparison.Ordinal))
            throw new InvalidDataException($"The embedded model's configuration has no '{Whole}'.");
        File.WriteAllText(Path.Combine(folder, "config.yaml"), configuration.Replace(Whole, "image_size: 128", StringComparison.Ordinal));
        const string Weights = "medsam2-nano.safetensors";
        File.Copy(Path.Combine(RepositoryPaths.NanoModel, Weights), Path.Combine(folder, Weights));
        return folder;
    }
}
