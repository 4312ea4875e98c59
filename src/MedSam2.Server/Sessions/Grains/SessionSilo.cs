using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace MedSam2.Server.Sessions.Grains;

/// <summary>
/// Orleans inside this process, a cluster of one that listens on the loopback interface alone. It starts beside the server,
/// which does not wait for it: the first session does.
/// </summary>
/// <param name="opener">What it stands on is there only once the server has prepared.</param>
/// <param name="loggers">The server's.</param>
/// <param name="options">How long sessions stay.</param>
/// <param name="logger">Tells a start that failed.</param>
internal sealed partial class SessionSilo(Lazy<SessionOpener> opener, ILoggerFactory loggers, IOptions<StreamingOptions> options, ILogger<SessionSilo> logger) : IHostedService
{
    private Task<IHost>? _starting;

    /// <summary>The grain of a session.</summary>
    public async Task<ISessionGrain> SessionAsync(string id, CancellationToken cancellation)
    {
        var host = await (_starting ?? throw new InvalidOperationException("Sessions start with the server.")).WaitAsync(cancellation);
        return host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(id);
    }

    /// <summary>Takes sessions out of memory that nobody has used for so long.</summary>
    public async Task CollectAsync(TimeSpan idle)
    {
        var host = await _starting!;
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).ForceActivationCollection(idle);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _starting = Task.Run(StartSiloAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_starting is not { } starting)
            return;
        await starting.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (!starting.IsCompletedSuccessfully)
            return;
        using var host = await starting;
        await host.StopAsync(cancellationToken);
    }

    private async Task<IHost> StartSiloAsync()
    {
        try
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddSingleton(loggers);
            builder.Services.AddSingleton(opener.Value);
            builder.UseOrleans(Configure);
            var host = builder.Build();
            await host.StartAsync();
            return host;
        }
        catch (Exception exception)
        {
            LogFailure(logger, exception);
            throw;
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
