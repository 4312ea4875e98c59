using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Audience;
using MedSam2.Server.Sessions.Grains;

namespace MedSam2.Server.Sessions;

/// <summary>The way from the hub to a session, wherever it is.</summary>
internal sealed class SessionGateway(SessionSilo silo, SessionAudience audience)
{
    public async Task<SessionInfo> OpenAsync(OpenSessionRequest request, Caller caller, CancellationToken cancellation)
    {
        if (request.SessionId is { } known)
            return await (await SessionAsync(known, cancellation)).Join(request, caller, cancellation);
        var session = await silo.SessionAsync(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), cancellation);
        try
        {
            return await session.Create(request, caller, cancellation);
        }
        catch
        {
            await session.Close(discard: true);
            throw;
        }
    }

    /// <exception cref="RequestException">It is no id.</exception>
    public Task<ISessionGrain> SessionAsync(string? id, CancellationToken cancellation) => id is { Length: 32 } && id.All(char.IsAsciiHexDigitLower)
        ? silo.SessionAsync(id, cancellation)
        : throw RequestException.NotFound("There is no session of this id. Open one with OpenSession.");

    public async IAsyncEnumerable<MaskFrame> PropagateAsync(PropagateRequest request, Caller caller, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var session = await SessionAsync(request.SessionId, cancellation);
        // One frame at a time: the reader's pace is the session's.
        await foreach (var frame in session.Propagate(request, caller, cancellation).WithBatchSize(1).WithCancellation(cancellation))
            yield return frame;
    }

    /// <summary>Leaves a session. It is forgotten where that is wanted, and leaves memory where nobody else looks at it.</summary>
    public async Task CloseAsync(CloseSessionRequest request, string connection, CancellationToken cancellation)
    {
        var session = await SessionAsync(request.SessionId, cancellation);
        await audience.LeaveAsync(request.SessionId!, connection);
        if (request.Discard is true || !audience.IsWatched(request.SessionId!))
            await session.Close(request.Discard ?? false);
    }
}
