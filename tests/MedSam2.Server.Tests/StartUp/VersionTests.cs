using Xunit;

namespace MedSam2.Server.Tests.StartUp;

public sealed class VersionTests
{
    [Fact]
    public async Task The_version_is_told_with_the_commit_that_it_was_built_from()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--version");

        Assert.Equal(0, exitCode);
        Assert.Matches($"^{ProductVersion.Text.Replace(".", @"\.", StringComparison.Ordinal)}\\+[0-9a-f]{{40}}$", output.Trim());
    }
}
