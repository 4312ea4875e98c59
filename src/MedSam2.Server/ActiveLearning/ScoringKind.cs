using System.Text.Json.Nodes;
using MedSam2.Imaging.Masks;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Device;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Errors;
using MedSam2.Server.FineTuning;
using MedSam2.Server.Images;
using MedSam2.Server.Jobs;
using MedSam2.Studies.Datastore;
using MedSam2.Training.ActiveLearning;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.ActiveLearning;

/// <summary>Scoring as a job, image by image.</summary>
internal sealed class ScoringKind(ImageCatalog catalog, ImageScores scores, ImageLoader images, StoredLabels labels, ModelHost host, DeviceWorker worker, IOptions<ActiveLearningOptions> options) : IJobKind
{
    public const string Uncertainty = "uncertainty", Diversity = "diversity", Hybrid = "hybrid", Dice = "dice";

    private const string MethodKey = "method";

    public string Name => TaskMethod.Scoring;

    public Task<JsonNode?> RunAsync(JobRun run, CancellationToken cancellation) => run.Parameters[MethodKey]?.GetValue<string>() switch
    {
        Uncertainty => ScoreAsync(run, SelectionStrategy.Uncertainty, cancellation),
        Diversity => ScoreAsync(run, SelectionStrategy.Diversity, cancellation),
        Hybrid => ScoreAsync(run, SelectionStrategy.Hybrid, cancellation),
        Dice => CompareAsync(run, cancellation),
        _ => throw RequestException.BadRequest($"'{MethodKey}' must be '{Uncertainty}', '{Diversity}', '{Hybrid}' or '{Dice}'."),
    };

    /// <summary>Scores what has no score yet, and tells of each image without a label what it is worth.</summary>
    private async Task<JsonNode?> ScoreAsync(JobRun run, SelectionStrategy strategy, CancellationToken cancellation)
    {
        var all = await catalog.ListAsync(cancellation);
        await run.ForEachAsync(await ChooseAsync(run, all), image => image.Id, (image, stop) => ScoreAsync(image, stop), workers: 1, cancellation);
        var (open, candidates, known) = (new List<CatalogImage>(), new List<ImageScore>(), new List<IReadOnlyList<float>>());
        foreach (var image in all)
        {
            if (await scores.FindAsync(image, cancellation) is not { } score)
                continue;
            if (image.IsCompleted)
            {
                known.Add(score.Embedding);
            }
            else
            {
                open.Add(image);
                candidates.Add(score);
            }
        }

        var weights = Selection.Weigh(strategy, candidates, known, Random.Shared);
        return new JsonObject([.. open.Zip(weights, (image, weight) => KeyValuePair.Create(image.Id, (JsonNode?)weight))]);
    }

    /// <summary>What has no score is looked for once, at the first run: one that goes on counts on.</summary>
    private async Task<IReadOnlyList<CatalogImage>> ChooseAsync(JobRun run, IReadOnlyList<CatalogImage> all)
    {
        if (run.State is JsonArray chosen)
        {
            var ids = chosen.Select(id => id!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
            return [.. all.Where(image => ids.Contains(image.Id))];
        }

        var missing = scores.Missing(all);
        await run.SaveStateAsync(new JsonArray([.. missing.Select(image => JsonValue.Create(image.Id))]));
        return missing;
    }

    private async Task<JsonNode?> ScoreAsync(CatalogImage image, CancellationToken cancellation)
    {
        // Another run of the job may have been killed between the score and the note that it is there.
        if (await scores.FindAsync(image, cancellation) is { } known)
            return known.Uncertainty;
        using var network = host.Lease();
        try
        {
            var volume = (await images.LoadAsync(image.Id, cancellation)).Volume;
            var wishes = new ImageScorerOptions { Reach = options.Value.ScoreReach };
            // It waits for the device click by click and slice by slice, on a thread of its own.
            var score = await Task.Factory.StartNew(
                () => ImageScorer.Score(network.Model, volume, wishes, new DeviceShare(worker, cancellation), cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            scores.Save(image, network.Model.Sha256, score);
            return score.Uncertainty;
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not DeviceBusyException)
        {
            scores.GiveUp(image, network.Model.Sha256);
            throw;
        }
    }

    /// <summary>How far what people approved agrees with what the model had proposed.</summary>
    private async Task<JsonNode?> CompareAsync(JobRun run, CancellationToken cancellation)
    {
        CatalogImage[] both = [.. (await catalog.ListAsync(cancellation)).Where(image => image.Record?.Label(DatastoreLabel.Final) is not null && image.Record.Label(DatastoreLabel.Original) is not null)];
        var items = await run.ForEachAsync(both, image => image.Id, CompareAsync, workers: 1, cancellation);
        return new JsonObject([.. items.Values.Where(item => item.Fault is null).Select(item => KeyValuePair.Create(item.Item, item.Result))]);
    }

    /// <summary>Mean Dice over the structures of either label, by their names.</summary>
    private async Task<JsonNode?> CompareAsync(CatalogImage image, CancellationToken cancellation)
    {
        var final = await labels.ReadAsync(image, image.Record!.Label(DatastoreLabel.Final)!, cancellation);
        var original = await labels.ReadAsync(image, image.Record.Label(DatastoreLabel.Original)!, cancellation);
        string[] names = [.. final.Names.Values.Union(original.Names.Values, StringComparer.Ordinal)];
        return names.Length == 0 ? 1 : names.Average(name => Overlap.Dice(final.Map, ValueOf(final, name), original.Map, ValueOf(original, name)));
    }

    // A structure that is not there has a value that no voxel has.
    private static byte ValueOf(NamedLabels named, string name) =>
        (byte)named.Names.Where(pair => pair.Value == name).Select(pair => pair.Key).FirstOrDefault(Enumerable.Range(1, byte.MaxValue).FirstOrDefault(value => !named.Names.ContainsKey(value)));
}
