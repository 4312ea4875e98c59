using MedSam2.Server.Auth;
using MedSam2.Server.Viewer;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Hosting;

/// <summary>The verb without a name: serve until told to stop.</summary>
internal static class ServerRun
{
    /// <summary>What shells report of a program that Ctrl+C ended.</summary>
    public const int Interrupted = 130;

    /// <returns>The exit code.</returns>
    public static async Task<int> ServeAsync(string[] configuration, CancellationToken cancellation)
    {
        try
        {
            await using var app = await StartAsync(configuration, cancellation);
            Console.Write(await StartBlock.DescribeAsync(app, cancellation));
            var viewer = app.Services.GetRequiredService<ViewerBuild>().RunAsync(line => Console.WriteLine($"  {line}"), app.Lifetime.ApplicationStopping);
            await app.WaitForShutdownAsync(cancellation);
            await viewer;
            return 0;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception exception) when (StartUpFault.Describe(exception) is { } lines)
        {
            foreach (var line in lines)
                await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    /// <summary>A server that answers requests.</summary>
    public static async Task<WebApplication> StartAsync(string[] configuration, CancellationToken cancellation)
    {
        var app = Program.CreateApplication(configuration);
        try
        {
            // Before anything asks for one of the settings: then all their faults are told at once.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            PublicAddresses.Check(app.Services.GetRequiredService<IOptions<AuthOptions>>().Value, app.Configuration);
            PortProbe.Check(app.Configuration["urls"] ?? string.Join(';', app.Urls));
            await app.StartAsync(cancellation);
            app.Services.GetRequiredService<StartUpLogGate>().Open = true;
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }
}
