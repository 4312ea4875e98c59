using System.Diagnostics;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Publishing;

/// <summary>The self-contained folder that <c>tests/run.sh</c> publishes, started as on a machine without .NET.</summary>
public sealed class PublishedServerTests
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "artifacts", "publish", "medsam2-linux-x64");

    [Fact]
    public async Task The_published_folder_serves_without_any_runtime_and_its_health_verb_says_so()
    {
        SkipWhereNotPublished();
        using var home = new TemporaryFolder();
        using var server = Start(home.Path, "--urls=http://127.0.0.1:0");
        try
        {
            var url = await ReadUrlAsync(server);
            using var health = Start(home.Path, "health", $"--urls={url}");
            var said = await health.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await health.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.Equal(0, health.ExitCode);
            Assert.Contains("device: Healthy medsam2-nano on cpu", said, StringComparison.Ordinal);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task The_health_verb_fails_where_no_server_answers()
    {
        SkipWhereNotPublished();
        using var home = new TemporaryFolder();
        using var health = Start(home.Path, "health", "--urls=http://127.0.0.1:9");
        var said = await health.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await health.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, health.ExitCode);
        Assert.Contains("http://127.0.0.1:9/health/ready does not answer", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_folder_carries_one_platform_and_nothing_that_only_Python_loads()
    {
        SkipWhereNotPublished();
        string[] files = [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file))];

        Assert.Contains("libtorch_cpu.so", files);
        Assert.Contains("LICENSE", files);
        Assert.Contains("MedSam2.PixelDecoder", files);
        Assert.DoesNotContain(files, file => file.Contains("python", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(files, file => Path.GetExtension(file) is ".dylib" || (Path.GetExtension(file) is ".xml" && !file.StartsWith("viewer", StringComparison.Ordinal)));
        Assert.DoesNotContain(files, file => file.StartsWith("runtimes", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Contains("cuda", StringComparison.OrdinalIgnoreCase));
    }

    private static void SkipWhereNotPublished()
    {
        if (!File.Exists(Path.Combine(Folder, "MedSam2.Server")) && Environment.GetEnvironmentVariable("CI") is null or "")
            Assert.Skip($"{Folder} is not there; tests/run.sh publishes it.");
    }

    private static Process Start(string home, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder, "MedSam2.Server"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };
        start.Environment.Clear();
        start.Environment["HOME"] = home;
        start.Environment["PATH"] = "/usr/bin:/bin";
        return Process.Start(start)!;
    }

    private static async Task<string> ReadUrlAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.TrimStart().StartsWith("url ", StringComparison.Ordinal))
                return line.Trim()["url ".Length..].Trim();
        }

        throw new InvalidOperationException(await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
