using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MedSam2.Inference;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Images;
using MedSam2.Server.Sessions.Wire;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Sessions;

/// <summary>Opens sessions, finds them, and has the device do what is asked of them. Safe for any number of threads.</summary>
internal sealed class SessionService(DeviceWorker device, ModelHost models, ImageLoader images, IOptions<StreamingOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<string, LiveSession> _sessions = new(StringComparer.Ordinal);

    public async Task<SessionInfo> OpenAsync(OpenSessionRequest request, CancellationToken cancellation)
    {
        var isNew = request.SessionId is null;
        var live = isNew ? await CreateAsync(request, cancellation) : Require(request.SessionId);
        if (!isNew && request.Image is { } image && image != live.ImageId)
            throw RequestException.BadRequest("The session is about another image. Leave 'image' out to join it, or 'sessionId' to open a new one.");
        return await OnDevice(live, _ => SessionInfoWriter.Describe(live, [], isNew), cancellation);
    }

    public Task<PromptAnswer> PromptAsync(PromptRequest request, CancellationToken cancellation)
    {
        var live = Require(request.SessionId);
        return OnDevice(live, stop => live.Session.Prompt(request, stop), cancellation);
    }

    public async IAsyncEnumerable<MaskFrame> PropagateAsync(PropagateRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var live = Require(request.SessionId);
        var range = RangeReader.Read(request, live.Orientations, live.Image.Volume.Geometry);
        await foreach (var frame in device.StreamAsync(DevicePriority.Propagation, Steps, live, cancellation))
        {
            if (frame is not null)
                yield return frame;
        }

        IEnumerable<MaskFrame?> Steps(CancellationToken stop)
        {
            int[] ids = request.ObjectIds is { Count: > 0 } named ? [.. named] : live.Session.UnlockedIds();
            return live.Session.Propagate(ids, range, stop);
        }
    }

    public Task<SessionState> StateAsync(ObjectRequest request, CancellationToken cancellation)
    {
        var live = Require(request.SessionId);
        return OnDevice(live, _ => live.Session.State(request.ObjectId), cancellation);
    }

    public async Task CloseAsync(CloseSessionRequest request, CancellationToken cancellation)
    {
        var live = Require(request.SessionId);
        if (request.Discard is true && _sessions.TryRemove(live.Id, out _))
            await OnDevice(live, _ => Dispose(live), cancellation);
    }

    public void Dispose()
    {
        foreach (var live in _sessions.Values)
            OnDevice(live, _ => Dispose(live), CancellationToken.None).GetAwaiter().GetResult();
        _sessions.Clear();
    }

    private async Task<LiveSession> CreateAsync(OpenSessionRequest request, CancellationToken cancellation)
    {
        var imageId = request.Image ?? throw RequestException.BadRequest("'image' is missing: name a Series Instance UID or an image of the datastore.");
        var tracking = TrackingReader.Read(request.Options, options.Value.SessionBytes);
        var orientations = TrackingReader.ReadOrientations(request.Options?.Orientations);
        var image = await images.LoadAsync(imageId, cancellation);
        if (_sessions.Count >= options.Value.Sessions)
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"There are {_sessions.Count} sessions, as many as this server holds (setting {StreamingOptions.Section}:Sessions). Close one, or try again later.");
        var lease = models.Lease();
        if (request.Model is { } model && model != lease.Model.Name)
        {
            lease.Dispose();
            throw RequestException.NotFound($"The model '{model}' is not served. Leave 'model' out to take the one that is.");
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var live = await device.RunAsync(
            DevicePriority.Click,
            _ => new LiveSession(id, imageId, image, orientations, lease, new SegmentationSession(new VolumeSession(lease.Model, image.Volume, tracking))),
            cancellation);
        _sessions[id] = live;
        return live;
    }

    private LiveSession Require(string? id) => id is not null && _sessions.TryGetValue(id, out var live)
        ? live
        : throw RequestException.NotFound("There is no session of this id: open one with OpenSession.");

    private Task<T> OnDevice<T>(LiveSession live, Func<CancellationToken, T> work, CancellationToken cancellation) =>
        device.RunAsync(DevicePriority.Click, work, cancellation, live);

    private static bool Dispose(LiveSession live)
    {
        live.Dispose();
        return true;
    }
}
