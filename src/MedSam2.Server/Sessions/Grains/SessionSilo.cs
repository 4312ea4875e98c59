using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace MedSam2.Server.Sessions.Grains;

/// <summary>
/// Orleans inside this process, a cluster of one that listens on the loopback interface alone. It starts once the server
/// answers, which does not wait for it: the first session does. A server that cannot start never begins with it.
/// </summary>
/// <param name="opener">What it stands on is there only once the server has prepared.</param>
/// <param name="loggers">The server's.</param>
/// <param name="options">How long sessions stay.</param>
/// <param name="logger">Tells a start that failed.</param>
internal sealed partial class SessionSilo(Lazy<SessionOpener> opener, ILoggerFactory loggers, IOptions<StreamingOptions> options, ILogger<SessionSilo> logger) : IHostedLifecycleService
{
    private readonly TaskCompletionSource<IHost> _silo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _starting = Task.CompletedTask;

    /// <summary>The grain of a session.</summary>
    public async Task<ISessionGrain> SessionAsync(string id, CancellationToken cancellation)
    {
        var host = await _silo.Task.WaitAsync(cancellation);
        return host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(id);
    }

    /// <summary>Takes sessions out of memory that nobody has used for so long.</summary>
    public async Task CollectAsync(TimeSpan idle)
    {
        var host = await _silo.Task;
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).ForceActivationCollection(idle);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _starting = Task.Run(StartSiloAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _starting;
        if (!_silo.Task.IsCompletedSuccessfully)
            return;
        using var host = await _silo.Task;
        await host.StopAsync(cancellationToken);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task StartSiloAsync()
    {
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddSingleton(loggers);
            builder.Services.AddSingleton(opener.Value);
            builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
            builder.UseOrleans(Configure);
            var host = builder.Build();
            await host.StartAsync();
            _silo.SetResult(host);
        }
        catch (Exception exception)
        {
            LogFailure(logger, exception);
            _silo.SetException(exception); // told to whoever asks for a session
        }
    }

    private void Configure(ISiloBuilder silo)
    {
        silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "medsam2", clusterId: "medsam2");
        silo.Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback);
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionQuantum = TimeSpan.FromSeconds(30);
            collection.CollectionAge = TimeSpan.FromMinutes(options.Value.IdleMinutes);
        });
        // Opening a large series, and a slow network's click, take their time.
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromMinutes(10));
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "Interactive sessions could not be started; all else works")]
    private static partial void LogFailure(ILogger logger, Exception exception);
}
