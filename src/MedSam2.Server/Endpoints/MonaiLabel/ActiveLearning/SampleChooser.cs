using System.Text.Json.Nodes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Studies.Datastore;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;

/// <summary>
/// Hands out images that nobody has labelled yet. Whoever gets one holds it for a time: nobody else is handed it until a
/// label is approved, or the time is over. A holder asking again gets another image, and his own ones when no other is left.
/// </summary>
internal sealed class SampleChooser(ImageCatalog catalog, ImageDatastore datastore, IOptions<ActiveLearningOptions> options, TimeProvider clock)
{
    /// <returns>The image and its weight, or null where none is left.</returns>
    public async Task<(CatalogImage Image, long Weight)?> NextAsync(SampleStrategy strategy, string holder, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var oldest = now - options.Value.Hold;
        var (others, own) = await datastore.Holds.FindAsync(holder, oldest, cancellation);
        var free = (await catalog.ListAsync(cancellation))
            .Where(image => !image.IsCompleted && !others.Contains(image.Id))
            .Select(image => (Image: image, Weight: SinceServed(image, strategy, now)))
            .ToList();
        while (free.Count > 0)
        {
            var fresh = free.FindAll(candidate => !own.Contains(candidate.Image.Id));
            var chosen = strategy.Choose(fresh.Count > 0 ? fresh : free);
            if (await datastore.Holds.TryTakeAsync(chosen.Image.Id, holder, now, oldest, cancellation))
                return chosen;
            // Somebody else was quicker.
            free.RemoveAll(candidate => candidate.Image.Id == chosen.Image.Id);
        }

        return null;
    }

    /// <summary>Notes in the image's info that a strategy served it.</summary>
    public Task NoteServedAsync(CatalogImage image, SampleStrategy strategy, string? clientId, CancellationToken cancellation)
    {
        var served = new JsonObject { ["ts"] = clock.GetUtcNow().ToUnixTimeSeconds(), ["client_id"] = clientId };
        return datastore.ChangeImageInfoAsync(
            image.Id,
            image.IsSeries,
            info =>
            {
                if (info["strategy"] is not JsonObject strategies)
                    info["strategy"] = strategies = [];
                strategies[strategy.Name] = served;
            },
            cancellation);
    }

    /// <summary>Seconds since a strategy last served an image; since 1970 where it never did.</summary>
    private static long SinceServed(CatalogImage image, SampleStrategy strategy, DateTimeOffset now)
    {
        var served = ((image.Record?.Info["strategy"] as JsonObject)?[strategy.Name] as JsonObject)?["ts"];
        return now.ToUnixTimeSeconds() - (served is JsonValue value && value.TryGetValue(out long ts) ? ts : 0);
    }
}
