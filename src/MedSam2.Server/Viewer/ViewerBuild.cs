using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Viewer;

/// <summary>
/// Builds the viewer beside the running server, where it runs from a source tree: <c>node scripts/build.mjs</c>, which
/// takes a tenth of a second when there is nothing to do. Nothing else of the server waits for it.
/// </summary>
internal sealed class ViewerBuild(ViewerFolder folder, IOptions<ViewerOptions> options)
{
    private const string NeedsNode = "Install Node.js 20 or newer with npm (https://nodejs.org, or Debian's packages nodejs and npm) and start the server again.";

    /// <summary>The program that runs the build.</summary>
    internal string Node { get; init; } = "node";

    /// <summary>What is being done, while it is.</summary>
    public string? Step { get; private set; }

    /// <summary>Why there is no viewer, and what to do, in one line.</summary>
    public string? Fault { get; private set; }

    /// <param name="tell">Takes one line for the person who started the server.</param>
    /// <param name="cancellation">Ends the build.</param>
    public async Task RunAsync(Action<string> tell, CancellationToken cancellation)
    {
        if (folder.Source is null || !options.Value.Build)
            return;
        var built = false;
        Step = "looking for changes";
        var start = new ProcessStartInfo(Node, [Path.Combine("scripts", "build.mjs")])
        {
            WorkingDirectory = folder.Source,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var node = Process.Start(start)!;
            await using var ending = cancellation.Register(() => node.Kill(entireProcessTree: true));
            var complaints = node.StandardError.ReadToEndAsync(CancellationToken.None);
            while (await node.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
            {
                built = true;
                Step = line;
                tell($"viewer: {line} ...");
            }

            await node.WaitForExitAsync(CancellationToken.None);
            if (node.ExitCode != 0 && !cancellation.IsCancellationRequested)
                Fault = $"The viewer could not be built. {(await complaints).Trim().ReplaceLineEndings(" ")}";
        }
        catch (Win32Exception) when (folder.IsReady)
        {
            return; // built before, and Node.js gone since
        }
        catch (Win32Exception)
        {
            Fault = $"The viewer is not built, since Node.js is not on this machine. {NeedsNode}";
        }
        finally
        {
            Step = null;
        }

        // An older build still serves: its fault is told, and that is all.
        if (Fault is not null)
            tell($"viewer: {Fault}");
        else if (built && folder.IsReady)
            tell("viewer: ready, at /ohif/");
    }

    /// <summary>What the viewer's place is at the moment, in a sentence for people.</summary>
    public string Describe() => (folder.IsReady, Step, Fault) switch
    {
        (true, _, _) => "ready",
        (_, { } step, _) => $"being built: {step}",
        (_, _, { } fault) => fault,
        _ when folder.Source is null => "not part of this installation. Publish the server after building clients/ohif, or name a built one with MedSam2:Viewer:Folder.",
        _ => $"not built. Run: node {Path.Combine("clients", "ohif", "scripts", "build.mjs")}",
    };
}
