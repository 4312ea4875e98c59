namespace MedSam2.Server.Tests.StartUp;

/// <summary>The server's executable: the one that <c>MEDSAM2_SERVER</c> names (tests/run.sh: the published one, as users have it), else the one beside these tests.</summary>
internal static class ServerExecutable
{
    public static string Path { get; } = Environment.GetEnvironmentVariable("MEDSAM2_SERVER") is { Length: > 0 } named
        ? named
        : System.IO.Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "MedSam2.Server.exe" : "MedSam2.Server");
}
