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
    public async Task<bool> TryTakeAsync(string imageId, string holder, DateTimeOffset now, DateTimeOffset oldest, CancellationToken cancellation = default)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            await using var context = _database.NewContext();
            var hold = await context.Holds.FindAsync([imageId], cancellation);
            if (hold is null)
                context.Holds.Add(hold = new HoldRow { ImageId = imageId, Holder = holder });
            else if (hold.Holder != holder && hold.Since > oldest.ToUnixTimeSeconds())
                return false;
            hold.Holder = holder;
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
