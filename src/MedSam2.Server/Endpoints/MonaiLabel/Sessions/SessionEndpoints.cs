using System.Globalization;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.ImageSessions;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Sessions;

/// <summary><c>/session</c>: images that a client has loaded itself, uploaded for a while.</summary>
internal sealed class SessionEndpoints(ImageSessionStore sessions, UploadReader uploads, ImageLoader images, IOptions<LimitOptions> limits)
{
    private const string Part = "files";

    public async Task<IResult> CreateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var expiry = Number(request, "expiry");
        using var folder = sessions.NewFolder();
        using var form = await uploads.ReadAsync(request, () => Path.Combine(folder.Path, $"{Guid.NewGuid():N}.part"), cancellation);
        var files = form.Files.Where(file => file.Part == Part).ToArray();
        if (files.Length == 0)
            form.RequireFile(Part);
        if (QueryFlag.Read(request, "uncompress"))
        {
            if (files.Length != 1)
                throw new ParameterException("With 'uncompress' there must be one file, the archive.", "body", Part);
            await SessionArchive.UnpackAsync(files[0].Path, folder.Files, limits.Value.Files, limits.Value.UploadBytes, cancellation);
        }
        else
        {
            foreach (var (file, n) in files.Select((file, n) => (file, n)))
                File.Move(file.Path, Path.Combine(folder.Files, string.Create(CultureInfo.InvariantCulture, $"{n:D6}{SessionFiles.ExtensionOf(file.FileName)}")));
        }

        SessionFiles.Check(folder.Files);
        var session = sessions.Add(folder, expiry);
        folder.Keep();
        try
        {
            // Told now, not at the first click.
            await images.LoadSessionAsync(sessions.PathOf(session), cancellation);
        }
        catch
        {
            sessions.Remove(session.Name);
            throw;
        }

        return Results.Json(new { session_id = session.Name, session_info = session });
    }

    public async Task<IResult> GetAsync(string id, HttpContext context, CancellationToken cancellation)
    {
        var session = sessions.Require(id, touch: QueryFlag.Read(context.Request, "update_ts"));
        if (!QueryFlag.Read(context.Request, "image"))
            return Results.Json(session);
        var path = sessions.PathOf(session);
        if (!Directory.Exists(path))
            return StoredFileAnswer.Create(context, path, session.Name + SessionFiles.ExtensionOf(path));

        var volume = (await images.LoadSessionAsync(path, cancellation)).Volume;
        var file = TemporaryFile.Create();
        Imaging.Formats.Nifti.NiftiFile.Write(file, volume, compress: true, cancellation);
        file.Position = 0;
        return new FileAnswer(file, System.Net.Mime.MediaTypeNames.Application.Octet, $"{session.Name}.nii.gz");
    }

    public IResult Remove(string id) => Results.Json(sessions.Remove(id));

    private static int Number(HttpRequest request, string key)
    {
        if (request.Query[key].ToString() is not { Length: > 0 } text)
            return 0;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ParameterException($"'{key}' must be a number of seconds.", "query", key);
    }
}

internal static class SessionExtensions
{
    public static void AddImageSessions(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ImageSessionOptions>().BindConfiguration(ImageSessionOptions.Section)
            .Validate(sessions => sessions.ExpirySeconds is >= 60 and <= 31_536_000, "MedSam2:Sessions:ExpirySeconds must lie in 60 to 31536000.")
            .Validate(sessions => sessions.Most is >= 1 and <= 100_000, "MedSam2:Sessions:Most must lie in 1 to 100000.")
            .ValidateOnStart();
        builder.Services.AddSingleton(services =>
        {
            var sessions = ActivatorUtilities.CreateInstance<ImageSessionStore>(services);
            sessions.Open();
            return sessions;
        });
        builder.Services.AddSingleton<SessionEndpoints>();
    }

    public static void MapImageSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/session/", (HttpRequest request, SessionEndpoints endpoint, CancellationToken stop) => endpoint.CreateAsync(request, stop));
        routes.MapGet("/session/{id}", (string id, HttpContext context, SessionEndpoints endpoint, CancellationToken stop) => endpoint.GetAsync(id, context, stop));
        routes.MapDelete("/session/{id}", (string id, SessionEndpoints endpoint) => endpoint.Remove(id));
    }
}
