using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Hosting;
using MedSam2.Server.Images;
using MedSam2.Server.Sessions;
using MedSam2.Server.Sessions.Audience;
using MedSam2.Server.Sessions.Grains;
using MedSam2.Server.Sessions.Labels;
using MedSam2.Server.Sessions.Storage;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.Resolvers;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Hubs;

internal static class HubExtensions
{
    /// <summary>
    /// What travels as MessagePack: types with a written contract alone (no type is named by a client), within the limits
    /// for data that nobody vouches for.
    /// </summary>
    public static readonly MessagePackSerializerOptions MessagePack = MessagePackSerializerOptions.Standard
        .WithResolver(CompositeResolver.Create(
            Array.Empty<IMessagePackFormatter>(),
            [BuiltinResolver.Instance, AttributeFormatterResolver.Instance, DynamicGenericResolver.Instance, DynamicObjectResolver.Instance]))
        .WithSecurity(MessagePackSecurity.UntrustedData);

    /// <summary>Interactive sessions, streamed.</summary>
    public static void AddStreaming(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<StreamingOptions>, StreamingOptionsValidator>();
        services.AddOptions<StreamingOptions>().BindConfiguration(StreamingOptions.Section).ValidateOnStart();
        services.AddSingleton<SessionDatabase>();
        services.AddSingleton<IPrepare>(provider => provider.GetRequiredService<SessionDatabase>());
        services.AddSingleton<SessionJournal>();
        services.AddSingleton<SessionSlots>();
        services.AddSingleton<SessionLabels>();
        services.AddSingleton<ISessionEvents, SessionEvents>();
        services.AddSingleton<SessionAudience>();
        services.AddSingleton(Services);
        services.AddSingleton<SessionOpener>();
        services.AddSingleton(provider => new Lazy<SessionOpener>(provider.GetRequiredService<SessionOpener>));
        services.AddSingleton<SessionSilo>();
        services.AddHostedService(provider => provider.GetRequiredService<SessionSilo>());
        services.AddSingleton<SessionGateway>();
        services.AddSingleton<HubErrors>();
        // Advice about a cluster that this is not.
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        // A silo that stops tells as an error that it no longer takes its own cancellations.
        builder.Logging.AddFilter("Orleans.Runtime.GrainCallCancellationManager", LogLevel.Critical);
        // It tells each refusal at length, as a failure with a stack trace; HubErrors tells them.
        builder.Logging.AddFilter("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", LogLevel.Critical);
        services.AddSignalR(hub => hub.AddFilter<HubErrors>()).AddMessagePackProtocol(protocol => protocol.SerializerOptions = MessagePack);
        services.AddOptions<HubOptions>().Configure<IOptions<StreamingOptions>>((hub, streaming) =>
            hub.MaximumReceiveMessageSize = (long)streaming.Value.MessageKilobytes << 10);
    }

    private static SessionServices Services(IServiceProvider provider) => new(
        provider.GetRequiredService<DeviceWorker>(),
        provider.GetRequiredService<ModelHost>(),
        provider.GetRequiredService<ImageLoader>(),
        provider.GetRequiredService<SessionJournal>(),
        provider.GetRequiredService<SessionSlots>(),
        provider.GetRequiredService<SessionLabels>(),
        provider.GetRequiredService<SessionAudience>(),
        provider.GetRequiredService<IOptions<StreamingOptions>>(),
        provider.GetRequiredService<IOptions<ServerOptions>>());

    public static void MapStreaming(this IEndpointRouteBuilder routes) => routes.MapHub<SegmentationHub>(SegmentationHub.Path);
}
