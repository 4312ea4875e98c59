using MedSam2.Server.Sessions;
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
        services.AddSingleton<SessionService>();
        services.AddSingleton<HubErrors>();
        // It tells each refusal at length, as a failure with a stack trace; HubErrors tells them.
        builder.Logging.AddFilter("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", LogLevel.Critical);
        services.AddSignalR(hub => hub.AddFilter<HubErrors>()).AddMessagePackProtocol(protocol => protocol.SerializerOptions = MessagePack);
        services.AddOptions<HubOptions>().Configure<IOptions<StreamingOptions>>((hub, streaming) =>
            hub.MaximumReceiveMessageSize = (long)streaming.Value.MessageKilobytes << 10);
    }

    public static void MapStreaming(this IEndpointRouteBuilder routes) => routes.MapHub<SegmentationHub>(SegmentationHub.Path);
}
