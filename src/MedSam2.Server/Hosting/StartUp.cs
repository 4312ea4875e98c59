namespace MedSam2.Server.Hosting;

/// <summary>
/// Everything that must be ready before the first request is let in: the services that want to prepare do it side by side.
/// </summary>
internal sealed class StartUp(IEnumerable<IPrepare> preparations) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(preparations.Select(preparation => preparation.PrepareAsync(cancellationToken)));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A service that loads something before the server answers.</summary>
internal interface IPrepare
{
    /// <exception cref="StartUpException">It cannot; the message says why in one line.</exception>
    Task PrepareAsync(CancellationToken cancellation);
}

internal static class StartUpExtensions
{
    // These tell a failed start at length and with a stack trace; it is told once, in one line.
    private static readonly string[] Tellers = ["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Server.Kestrel"];

    public static void AddStartUp(this WebApplicationBuilder builder)
    {
        var gate = new StartUpLogGate();
        builder.Services.AddSingleton(gate);
        builder.Services.AddHostedService<StartUp>();
        foreach (var teller in Tellers)
            builder.Logging.AddFilter(teller, level => gate.Open && level >= LogLevel.Warning);
    }
}

/// <summary>Closed until the server is ready.</summary>
internal sealed class StartUpLogGate
{
    public bool Open { get; set; }
}
