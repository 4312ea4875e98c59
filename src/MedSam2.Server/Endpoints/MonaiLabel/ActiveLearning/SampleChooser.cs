using System.Text.Json.Nodes;
using MedSam2.Server.ActiveLearning;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Studies.Datastore;
using MedSam2.Training.ActiveLearning;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;

/// <summary>
/// Hands out images that nobody has labelled yet. Whoever gets one holds it for a time: nobody else is handed it until a
/// label is approved, or the time is over, unless it is to be read twice. A holder asking again gets another image, and his own ones when no
/// other is left.
/// </summary>
internal sealed class SampleChooser(ImageCatalog catalog, ImageDatastore datastore, ImageScores scores, IOptions<ActiveLearningOptions> options, TimeProvider clock)
{
    /// <param name="strategy">How to choose.</param>
    /// <param name="holder">For whom.</param>
    /// <param name="shared">Images that others hold may be handed out too, and go first: each is read twice then.</param>
    /// <param name="cancellation">Ends the looking.</param>
    /// <returns>The image, or null where none is left.</returns>
    public async Task<ChosenSample?> NextAsync(SampleStrategy strategy, string holder, bool shared, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var oldest = now - options.Value.Hold;
        var (others, own) = await datastore.Holds.FindAsync(holder, oldest, cancellation);
        var all = await catalog.ListAsync(cancellation);
        if (strategy.NeedsScores)
            scores.Want();
        var free = all.Where(image => !image.IsCompleted && (shared || !others.Contains(image.Id))).ToList();
        while (free.Count > 0)
        {
            var fresh = free.FindAll(image => !own.Contains(image.Id));
            var twice = fresh.FindAll(image => shared && others.Contains(image.Id));
            var choice = twice.Count > 0 ? twice : fresh.Count > 0 ? fresh : free;
            var chosen = await ChooseAsync(strategy, choice, [.. all.Where(image => image.IsCompleted || others.Contains(image.Id) || own.Contains(image.Id))], now, cancellation);
            if (await datastore.Holds.TryTakeAsync(chosen.Image.Id, holder, now, oldest, shared, cancellation))
                return chosen;
            // Somebody else was quicker.
            free.RemoveAll(image => image.Id == chosen.Image.Id);
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

    private async Task<ChosenSample> ChooseAsync(
        SampleStrategy strategy, List<CatalogImage> choice, IReadOnlyList<CatalogImage> known, DateTimeOffset now, CancellationToken cancellation)
    {
        if (strategy.Kind == SelectionStrategy.First)
            return new(choice[0], SinceServed(choice[0], strategy, now), true);
        if (strategy.NeedsScores)
        {
            var scored = new List<(CatalogImage Image, ImageScore Score)>();
            foreach (var image in choice)
            {
                if (await scores.FindAsync(image, cancellation) is { } score)
                    scored.Add((image, score));
            }

            var embeddings = new List<IReadOnlyList<float>>();
            foreach (var image in known)
            {
                if (await scores.FindAsync(image, cancellation) is { } score)
                    embeddings.Add(score.Embedding);
            }

            if (scored.Count > 0)
            {
                var weights = Selection.Weigh(strategy.Kind, [.. scored.Select(s => s.Score)], embeddings, Random.Shared);
                var best = Array.IndexOf(weights, weights.Max());
                return new(scored[best].Image, weights[best], true);
            }
        }

        // Those served long ago first; the answer says that no score had a part in it, where one was asked for.
        var weighed = choice.Select(image => (Image: image, Weight: SinceServed(image, strategy, now))).ToArray();
        var left = Random.Shared.NextDouble() * weighed.Sum(candidate => (double)Math.Max(candidate.Weight, 1));
        foreach (var (image, weight) in weighed)
        {
            left -= Math.Max(weight, 1);
            if (left < 0)
                return new(image, weight, !strategy.NeedsScores);
        }

        return new(weighed[^1].Image, weighed[^1].Weight, !strategy.NeedsScores);
    }
}

/// <summary>What was chosen.</summary>
/// <param name="Image">The image.</param>
/// <param name="Weight">Seconds since it was served last, or what the strategy made of it.</param>
/// <param name="AsAsked">False where the strategy needs scores and none is there yet, so that it was drawn at random.</param>
internal sealed record ChosenSample(CatalogImage Image, double Weight, bool AsAsked);
