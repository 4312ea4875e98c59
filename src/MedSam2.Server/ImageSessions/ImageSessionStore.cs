using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.ImageSessions;

/// <summary>
/// Sessions, each a folder with its record and its files. They outlive the server: Slicer keeps an id for as long as it runs.
/// Safe for any number of threads.
/// </summary>
internal sealed partial class ImageSessionStore(StudyStore store, IOptions<ImageSessionOptions> options, TimeProvider clock, ILogger<ImageSessionStore> logger) : IDisposable
{
    private const string Record = "session.json", Files = "files";

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, ImageSession> _sessions = new(StringComparer.Ordinal);

    private ITimer? _sweeper;

    private string Root => Path.Combine(store.Root, "sessions");

    /// <summary>Finds the sessions of earlier runs, and looks for expired ones from now on; what a crash left without a record goes.</summary>
    public void Open()
    {
        foreach (var folder in Directory.CreateDirectory(Root).EnumerateDirectories())
        {
            if (Read(Path.Combine(folder.FullName, Record)) is { } session && session.Name == folder.Name)
                _sessions[session.Name] = session;
            else
                folder.Delete(recursive: true);
        }

        _sweeper = clock.CreateTimer(_ => Sweep(), null, TimeSpan.Zero, SweepEvery);
    }

    public void Dispose() => _sweeper?.Dispose();

    /// <summary>A folder for the files of a session that is to be.</summary>
    /// <exception cref="RequestException">There are too many sessions.</exception>
    public SessionFolder NewFolder()
    {
        if (_sessions.Count >= options.Value.Most)
            throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"There are {_sessions.Count} sessions, as many as the server keeps (setting MedSam2:Sessions:Most). Delete one, or wait until one expires.");
        var id = Guid.NewGuid().ToString();
        return new SessionFolder(id, Path.Combine(Root, id), Directory.CreateDirectory(Path.Combine(Root, id, Files)).FullName);
    }

    /// <summary>Makes a session of a folder's files.</summary>
    /// <param name="folder">With at least one file in it.</param>
    /// <param name="expiry">Seconds asked for; 0 takes the most there is.</param>
    public ImageSession Add(SessionFolder folder, int expiry)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var most = options.Value.ExpirySeconds;
        var files = Directory.GetFiles(folder.Files);
        var session = new ImageSession
        {
            Name = folder.Id,
            Image = files is [var single] ? $"{folder.Id}/{Files}/{Path.GetFileName(single)}" : $"{folder.Id}/{Files}",
            Created = now,
            LastAccess = now,
            Expiry = expiry is 0 ? most : Math.Min(expiry, most),
        };
        Write(session);
        _sessions[session.Name] = session;
        return session;
    }

    /// <param name="id">As the client sent it; it is looked up, never used as a path.</param>
    /// <param name="touch">Whether this counts as use.</param>
    /// <exception cref="RequestException">There is no such session, or not any more.</exception>
    public ImageSession Require(string id, bool touch)
    {
        if (!_sessions.TryGetValue(id, out var session) || session.IsExpired(clock.GetUtcNow()))
            throw RequestException.NotFound("There is no session of this id: it has expired, or never was. Upload the image again with PUT /session/.");
        if (!touch)
            return session;
        var touched = session with { LastAccess = clock.GetUtcNow().ToUnixTimeSeconds() };
        if (_sessions.TryUpdate(id, touched, session))
            Write(touched);
        return touched;
    }

    /// <summary>The file or folder of a session's image.</summary>
    public string PathOf(ImageSession session) => Path.Combine(Root, session.Image);

    /// <exception cref="RequestException">There is no such session.</exception>
    public ImageSession Remove(string id)
    {
        var session = Require(id, touch: false);
        if (_sessions.TryRemove(id, out _))
            Directory.Delete(Path.Combine(Root, session.Name), recursive: true);
        return session with { LastAccess = clock.GetUtcNow().ToUnixTimeSeconds() };
    }

    /// <summary>Removes what has expired.</summary>
    public void Sweep()
    {
        foreach (var (id, session) in _sessions)
        {
            if (!session.IsExpired(clock.GetUtcNow()) || !_sessions.TryRemove(id, out _))
                continue;
            try
            {
                Directory.Delete(Path.Combine(Root, session.Name), recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogKept(logger, exception);
            }
        }
    }

    private static ImageSession? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ImageSessionJson.Default.ImageSession);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Write(ImageSession session)
    {
        var path = Path.Combine(Root, session.Name, Record);
        var part = string.Create(CultureInfo.InvariantCulture, $"{path}.{Guid.NewGuid():N}");
        File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(session, ImageSessionJson.Default.ImageSession));
        File.Move(part, path, overwrite: true);
    }

    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "The files of an expired session could not be deleted")]
    private static partial void LogKept(ILogger logger, Exception exception);
}

/// <summary>A session that is to be. Disposing it without <see cref="Keep"/> deletes it.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Files">The folder in it for the image's files.</param>
internal sealed record SessionFolder(string Id, string Path, string Files) : IDisposable
{
    private bool _kept;

    public void Keep() => _kept = true;

    public void Dispose()
    {
        if (!_kept)
            Directory.Delete(Path, recursive: true);
    }
}
