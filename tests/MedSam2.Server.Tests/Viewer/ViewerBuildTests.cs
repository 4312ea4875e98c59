using MedSam2.Server.Viewer;
using MedSam2.TestSupport;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Viewer;

/// <summary>The build beside a running server: it never fails the server, and says in one line what to do.</summary>
public sealed class ViewerBuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _told = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_Node_one_line_says_what_to_install()
    {
        var build = Build("no-such-program-as-node");
        await build.RunAsync(_told.Add, TestContext.Current.CancellationToken);

        Assert.Contains("Install Node.js", Assert.Single(_told), StringComparison.Ordinal);
        Assert.Contains("Install Node.js", build.Describe(), StringComparison.Ordinal);
        Assert.Null(build.Step);
    }

    [Fact]
    public async Task Without_Node_a_viewer_that_was_built_before_is_served_without_a_word()
    {
        foreach (var name in new[] { "dist/site/index.html", "dist/plugin/mode.js" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder.Path, name))!);
            await File.WriteAllTextAsync(Path.Combine(_folder.Path, name), "", TestContext.Current.CancellationToken);
        }

        var build = Build("no-such-program-as-node");
        await build.RunAsync(_told.Add, TestContext.Current.CancellationToken);

        Assert.Empty(_told);
        Assert.Equal("ready", build.Describe());
    }

    private ViewerBuild Build(string node) =>
        new(new ViewerFolder(_folder.Path, Path.Combine(_folder.Path, "dist")), Options.Create(new ViewerOptions())) { Node = node };
}
