using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Datastore;

/// <summary>Who was handed an image to label, so that two people do not do the same work. A hold ends with a final label, or by its age.</summary>
public sealed class ImageHolds : IDisposable
{
    private readonly DatastoreDatabase _database;
    private readonly SemaphoreSlim _change = new(1);

    internal ImageHolds(DatastoreDatabase database) => _database = database;

    /// <summary>The images that somebody else holds since <paramref name="oldest"/> or later, and those that <paramref name="holder"/> holds.</summary>
    public async Task<(IReadOnlySet<string> Others, IReadOnlySet<string> Own)> FindAsync(string holder, DateTimeOffset oldest, CancellationToken cancellation = default)
    {
        var since = oldest.ToUnixTimeSeconds();
        await using var context = _database.NewContext();
        var holds = await context.Holds.AsNoTracking().Where(h => h.Since > since).ToListAsync(cancellation);
        var parted = holds.ToLookup(h => h.Holder == holder, h => h.ImageId);
        return (parted[false].ToHashSet(StringComparer.Ordinal), parted[true].ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Takes an image for <paramref name="holder"/>, unless somebody else took it since <paramref name="oldest"/>.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="holder">Who takes it.</param>
    /// <param name="now">From when on it is held.</param>
    /// <param name="oldest">Holds from before are over.</param>
    /// <param name="shared">It may be held by others too: each of them labels it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<bool> TryTakeAsync(string imageId, string holder, DateTimeOffset now, DateTimeOffset oldest, bool shared = false, CancellationToken cancellation = default)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            await using var context = _database.NewContext();
            var since = oldest.ToUnixTimeSeconds();
            await context.Holds.Where(h => h.Since <= since).ExecuteDeleteAsync(cancellation);
            if (!shared && await context.Holds.AnyAsync(h => h.ImageId == imageId && h.Holder != holder, cancellation))
                return false;
            var hold = await context.Holds.FindAsync([imageId, holder], cancellation);
            if (hold is null)
                context.Holds.Add(hold = new HoldRow { ImageId = imageId, Holder = holder });
            hold.Since = now.ToUnixTimeSeconds();
            await context.SaveChangesAsync(CancellationToken.None);
            return true;
        }
        finally
        {
            _change.Release();
        }
    }

    public void Dispose() => _change.Dispose();
}
