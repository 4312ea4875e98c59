namespace MedSam2.Server.Demo;

/// <summary>A folder of the user's own that is gone in the end.</summary>
internal sealed class DemoFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("medsam2-demo-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
