using Xunit;

namespace MedSam2.TestSupport;

/// <summary>
/// Real images of other people, kept beside the project and never in it. Where the folder is absent a test that needs it
/// skips and says so; where the environment variable <c>CI</c> is set it fails instead.
/// </summary>
public static class SharedData
{
    /// <summary>The path of a file or folder of <c>../shared/data</c>.</summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([RepositoryPaths.Root, "..", "shared", "data", .. parts]);
        if (!Path.Exists(path))
        {
            var message = $"The real image {string.Join('/', parts)} is not on this machine (../shared/data).";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(message);
            Assert.Skip(message);
        }

        return Path.GetFullPath(path);
    }
}
