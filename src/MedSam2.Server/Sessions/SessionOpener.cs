using System.Globalization;
using System.Text.Json;
using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Device;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Storage;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>Brings sessions into memory: new ones, and those that were kept.</summary>
internal sealed class SessionOpener(SessionServices services)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <exception cref="RequestException">There is no such image or model, an option is out of its range, or there is no room.</exception>
    public async Task<SessionHost> CreateAsync(string id, OpenSessionRequest request, string owner, CancellationToken cancellation)
    {
        var image = request.Image ?? throw RequestException.BadRequest("'image' is missing: name a Series Instance UID or an image of the datastore.");
        return await OpenAsync(id, image, request.Options, owner, () => Task.FromResult(services.Models.Lease()), async source =>
        {
            if (request.Model is { } model && model != source.Model.Name)
                throw RequestException.NotFound($"The model '{model}' is not served. Leave 'model' out to take the one that is.");
            await services.Journal.CreateAsync(new SessionRow
            {
                Id = id,
                Image = image,
                Grid = GridOf(source),
                Model = source.Model.Name,
                ModelSha256 = source.Model.Sha256,
                Options = JsonSerializer.Serialize(request.Options ?? new(), Json),
                Owner = owner,
            });
            return null;
        }, cancellation);
    }

    /// <exception cref="RequestException">There is no such session, or what it was made with is gone.</exception>
    public async Task<SessionHost> ResumeAsync(string id, CancellationToken cancellation)
    {
        var stored = await services.Journal.LoadAsync(id, cancellation) ?? throw RequestException.NotFound("There is no session of this id. Open one with OpenSession.");
        var row = stored.Row;
        return await OpenAsync(id, row.Image, JsonSerializer.Deserialize<SegmentationOptions>(row.Options, Json), row.Owner, LeaseAsync, source =>
            GridOf(source) == row.Grid
                ? Task.FromResult<StoredSession?>(stored)
                : throw Gone("The session's image has changed since. Open a new session."), cancellation);

        // The network that it was made with, though another may be served by now: memories of one mean nothing to another.
        async Task<ModelLease> LeaseAsync() => await services.Models.LeaseAsync(row.ModelSha256, cancellation)
            ?? throw Gone($"The session was made with another network ({row.Model}), which this server does not have any more. Open a new session.");
    }

    public Task ForgetAsync(string id) => services.Journal.ForgetAsync(id);

    /// <exception cref="RequestException">The request names something else than the session has.</exception>
    public static void RequireSame(OpenSessionRequest request, SessionSource source)
    {
        if (request.Image is { } image && image != source.ImageId)
            throw RequestException.BadRequest("The session is about another image. Leave 'image' out to join it, or 'sessionId' to open a new one.");
        if (request.Model is { } model && model != source.Model.Name)
            throw RequestException.BadRequest("The session has another model. Leave 'model' out to join it, or 'sessionId' to open a new one.");
    }

    private async Task<SessionHost> OpenAsync(
        string id, string imageId, SegmentationOptions? asked, string owner, Func<Task<ModelLease>> takeModel,
        Func<SessionSource, Task<StoredSession?>> check, CancellationToken cancellation)
    {
        var options = services.Options.Value;
        var tracking = TrackingReader.Read(asked, options.SessionBytes, services.Server.Value.CloserLook);
        var orientations = TrackingReader.ReadOrientations(asked?.Orientations);
        var slot = services.Slots.Take(owner);
        ModelLease? lease = null;
        try
        {
            var image = await services.Images.LoadAsync(imageId, cancellation);
            lease = await takeModel();
            var source = new SessionSource(imageId, image, tracking, orientations, lease);
            var stored = await check(source);
            return await services.Device.RunAsync(
                DevicePriority.Click,
                _ => new SessionHost(id, source, Create(source, id, stored), services, slot),
                CancellationToken.None);
        }
        catch
        {
            lease?.Dispose();
            slot.Dispose();
            throw;
        }
    }

    private SegmentationSession Create(SessionSource source, string id, StoredSession? stored)
    {
        var volume = new VolumeSession(source.Model, source.Image.Volume, source.Tracking);
        try
        {
            return new SegmentationSession(volume, services.Journal, id, services.Options.Value.UndoSteps, stored);
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }

    private static string GridOf(SessionSource source)
    {
        VolumeGeometry grid = source.Image.Volume.Geometry;
        return string.Create(CultureInfo.InvariantCulture, $"{grid.Columns} x {grid.Rows} x {grid.Slices}");
    }

    private static RequestException Gone(string message) => new(StatusCodes.Status410Gone, message);
}
