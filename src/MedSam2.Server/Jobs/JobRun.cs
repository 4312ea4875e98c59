using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs.Storage;

namespace MedSam2.Server.Jobs;

/// <summary>One run of a job, as its <see cref="IJobKind"/> sees it. Safe for any number of threads.</summary>
internal sealed partial class JobRun(JobRow job, string name, JobStore store, string folder, Action changed, TimeProvider clock, ILogger logger)
{
    private readonly ConcurrentQueue<(DateTimeOffset Time, string Line)> _lines = new();
    private readonly Lock _lock = new();

    public string JobId => job.Id;

    public JsonObject Parameters { get; } = (JsonObject)JsonNode.Parse(job.Parameters)!;

    /// <summary>Who started the job; null where nobody is logged in.</summary>
    public string? User => job.User;

    /// <summary>What an earlier run saved last; null where none did.</summary>
    public JsonNode? State { get; private set; } = job.Place is null ? null : JsonNode.Parse(job.Place);

    /// <summary>A folder of the job's own for what is too large for <see cref="State"/>. It goes when the job is forgotten.</summary>
    public string Folder => Directory.CreateDirectory(folder).FullName;

    /// <summary>How far it is.</summary>
    public JobProgress Current { get; private set; } = new(job.Done, job.Total, job.Message, JobProgress.ParseMetrics(job.Metrics));

    /// <summary>Says how far the job is. What is null stays as it is.</summary>
    /// <param name="done">Items behind it.</param>
    /// <param name="total">Items in all.</param>
    /// <param name="message">What it does, in one line without names of patients.</param>
    /// <param name="metrics">Numbers that replace those of the same name.</param>
    public void Progress(long? done = null, long? total = null, string? message = null, IReadOnlyDictionary<string, double>? metrics = null)
    {
        lock (_lock)
            Current = new(done ?? Current.Done, total ?? Current.Total, message ?? Current.Message, metrics is null ? Current.Metrics : Current.Metrics.SetItems(metrics));
        changed();
    }

    /// <summary>A line of the job's log, without names of patients; left out where the job asked for more important ones alone.</summary>
    public void Log(string line, LogLevel level = LogLevel.Information)
    {
        if (level >= JobLogLevel.Of(Parameters))
            _lines.Enqueue((clock.GetUtcNow(), line.ReplaceLineEndings(" ")));
    }

    /// <summary>Keeps the run's place; the next run finds it in <see cref="State"/>.</summary>
    public async Task SaveStateAsync(JsonNode state)
    {
        ArgumentNullException.ThrowIfNull(state);
        await store.SavePlaceAsync(job.Number, name, state.ToJsonString(), CancellationToken.None);
        State = state.DeepClone();
    }

    /// <summary>The items that are behind the job, by name.</summary>
    public async Task<IReadOnlyDictionary<string, JobItem>> ItemsAsync(CancellationToken cancellation) =>
        (await store.ItemsAsync(job.Number, cancellation)).ToDictionary(item => item.Item, StringComparer.Ordinal);

    /// <summary>Records an item that is done: no later run does it again.</summary>
    public Task CompleteAsync(string item, JsonNode? result = null) => store.AddItemAsync(job.Number, name, new(item, null, result), CancellationToken.None);

    /// <summary>Records an item that cannot be done, and why.</summary>
    public Task FailAsync(string item, string fault) => store.AddItemAsync(job.Number, name, new(item, fault, null), CancellationToken.None);

    /// <summary>
    /// Does what is left of the job's items, and keeps count. An item that fails is recorded with its reason, and the others
    /// go on.
    /// </summary>
    /// <param name="items">All items of the job, each once.</param>
    /// <param name="nameOf">What an item is called: the same in every run.</param>
    /// <param name="work">Does one item and gives what is kept of it.</param>
    /// <param name="workers">How many items are in hand at once.</param>
    /// <param name="cancellation">No item is begun once it is cancelled, and those in hand end by it.</param>
    /// <returns>All items that are behind the job, by name.</returns>
    public async Task<IReadOnlyDictionary<string, JobItem>> ForEachAsync<T>(
        IReadOnlyList<T> items, Func<T, string> nameOf, Func<T, CancellationToken, Task<JsonNode?>> work, int workers, CancellationToken cancellation)
    {
        var known = await ItemsAsync(cancellation);
        long done = items.Count(item => known.ContainsKey(nameOf(item)));
        var failed = (long)known.Values.Count(item => item.Fault is not null);
        Progress(done, items.Count);
        if (done > 0)
            Log(string.Create(CultureInfo.InvariantCulture, $"Going on: {done} of {items.Count} are done."));
        var left = items.Where(item => !known.ContainsKey(nameOf(item)));
        await Parallel.ForEachAsync(left, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellation }, async (item, stop) =>
        {
            var key = nameOf(item);
            try
            {
                await CompleteAsync(key, await work(item, stop));
                Log($"{key}: done.");
            }
            catch (Exception exception) when (exception is not JobLostException && !(exception is OperationCanceledException && stop.IsCancellationRequested))
            {
                LogItemFailed(logger, job.Kind, job.Id, exception);
                var fault = ErrorAnswers.Explain(exception);
                await FailAsync(key, fault);
                Log($"{key}: failed. {fault}", LogLevel.Warning);
                Interlocked.Increment(ref failed);
            }

            var (count, faults) = (Interlocked.Increment(ref done), Interlocked.Read(ref failed));
            Progress(count, message: string.Create(CultureInfo.InvariantCulture, $"{count} of {items.Count}{(faults > 0 ? $", {faults} failed" : "")}"));
        });
        return await ItemsAsync(cancellation);
    }

    /// <summary>Takes the lines that are not in the database yet.</summary>
    internal List<(DateTimeOffset Time, string Line)> TakeLines()
    {
        List<(DateTimeOffset, string)> lines = [];
        while (_lines.TryDequeue(out var line))
            lines.Add(line);
        return lines;
    }

    [LoggerMessage(EventId = 6010, Level = LogLevel.Warning, Message = "Job {Kind} {Id}: an item failed")]
    private static partial void LogItemFailed(ILogger logger, string kind, string id, Exception exception);
}
