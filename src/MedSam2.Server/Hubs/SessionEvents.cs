using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Audience;
using Microsoft.AspNetCore.SignalR;

namespace MedSam2.Server.Hubs;

/// <summary>Sends what happens in a session to its other connections.</summary>
internal sealed class SessionEvents(IHubContext<SegmentationHub, ISegmentationClient> hub) : ISessionEvents
{
    public Task FramesAsync(string session, string connection, IReadOnlyList<MaskFrame> frames) => hub.Clients.Client(connection).Frames(session, [.. frames]);

    public Task ChangedAsync(string session, string connection, Change change) => hub.Clients.Client(connection).Changed(session, change);

    public Task JoinedAsync(string session, IReadOnlyList<string> connections, string user) => hub.Clients.Clients(connections).Joined(session, user);

    public Task LeftAsync(string session, IReadOnlyList<string> connections, string user) => hub.Clients.Clients(connections).Left(session, user);

    public Task CommittedAsync(string session, IReadOnlyList<string> connections, StoredLabel stored) => hub.Clients.Clients(connections).Committed(session, stored);
}
