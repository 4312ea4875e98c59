using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using MedSam2.Server.Jobs.Storage;

namespace MedSam2.Server.Jobs;

/// <summary>Starts jobs, stops them, and tells how they are.</summary>
internal sealed class JobService(JobStore store, JobRuns runs, IEnumerable<IJobKind> kinds) : IDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10), WatchPause = TimeSpan.FromMilliseconds(100), OtherServers = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _submitting = new(1);

    /// <summary>Puts a job at the end of its kind's queue.</summary>
    /// <param name="kind">An <see cref="IJobKind.Name"/>.</param>
    /// <param name="parameters">What the kind reads.</param>
    /// <param name="user">Who starts it.</param>
    /// <param name="enqueue">Whether it may wait for one that has not ended.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="remarks">The first lines of its log.</param>
    /// <exception cref="Errors.RequestException">The parameters cannot be.</exception>
    /// <returns>The job; null where another one of the kind has not ended and it must not wait.</returns>
    public async Task<JobRecord?> SubmitAsync(string kind, JsonObject parameters, string? user, bool enqueue, CancellationToken cancellation, IReadOnlyList<string>? remarks = null)
    {
        var work = kinds.FirstOrDefault(known => known.Name == kind) ?? throw new ArgumentException($"There is no kind of jobs '{kind}'.", nameof(kind));
        string[] said = [.. remarks ?? [], .. work.Check((JsonObject)JsonNode.Parse(parameters.ToJsonString())!)]; // as the job will read them
        await _submitting.WaitAsync(cancellation);
        try
        {
            if (!enqueue && await store.FindNextAsync(kind, cancellation) is not null)
                return null;
            var row = await store.AddAsync(kind, parameters, user, cancellation, said);
            runs.Changed.Set();
            return Describe(row);
        }
        finally
        {
            _submitting.Release();
        }
    }

    public async Task<JobRecord?> FindAsync(string id, CancellationToken cancellation) => await store.FindAsync(id, cancellation) is { } row ? Describe(row) : null;

    /// <summary>Jobs of a kind, oldest first.</summary>
    public async Task<IReadOnlyList<JobRecord>> ListAsync(string kind, CancellationToken cancellation) => [.. (await store.ListAsync(kind, cancellation)).Select(Describe)];

    /// <summary>The last lines of a job's log, oldest first, each with its time in UTC.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string id, int lines, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is not { } row ? [] :
        [
            .. from line in await store.LogAsync(row.Number, lines, cancellation)
               let time = DateTimeOffset.FromUnixTimeMilliseconds(line.Time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
               select $"{time}Z {line.Line}",
        ];

    /// <summary>The items that are behind a job.</summary>
    public async Task<IReadOnlyList<JobItem>> ItemsAsync(string id, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) is { } row ? await store.ItemsAsync(row.Number, cancellation) : [];

    /// <summary>Stops a job, and waits a while for its item in hand to end.</summary>
    /// <returns>The job; null where it had ended already, or there is none.</returns>
    public async Task<JobRecord?> StopAsync(string id, CancellationToken cancellation)
    {
        if (!await store.StopAsync(id, cancellation))
            return null;
        if (runs.Find(id) is { } active)
        {
            await active.Stop.CancelAsync();
            await Task.WhenAny(active.Ended.Task, Task.Delay(StopPatience, cancellation));
        }

        runs.Changed.Set();
        return await FindAsync(id, cancellation);
    }

    /// <summary>Waits for a job's end.</summary>
    public async Task<JobRecord> WaitAsync(string id, CancellationToken cancellation)
    {
        JobRecord? last = null;
        await foreach (var record in WatchAsync(id, cancellation))
            last = record;
        return last ?? throw new InvalidOperationException("The job was forgotten while somebody waited for it.");
    }

    /// <summary>How a job is: now, with every change, and last when it has ended. Nothing where there is none.</summary>
    public async IAsyncEnumerable<JobRecord> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JobRecord? told = null;
        while (true)
        {
            var changed = runs.Changed.Next;
            if (await FindAsync(id, cancellation) is not { } record)
                yield break;
            if (told is null || record.State != told.State || record.Done != told.Done || record.Total != told.Total || record.Message != told.Message || !record.Metrics.SequenceEqual(told.Metrics))
                yield return told = record;
            if (record.HasEnded)
                yield break;
            // A training step may take less time than looking it up.
            await Task.Delay(WatchPause, cancellation);
            // Another server may run it, and cannot wake us.
            await Task.WhenAny(changed, Task.Delay(OtherServers, cancellation));
        }
    }

    public void Dispose() => _submitting.Dispose();

    private JobRecord Describe(JobRow row)
    {
        var progress = row.State is JobState.Running && runs.Find(row.Id) is { } active
            ? active.Run.Current
            : new(row.Done, row.Total, row.Message, JobProgress.ParseMetrics(row.Metrics));
        return new(
            row.Id,
            row.Kind,
            (JsonObject)JsonNode.Parse(row.Parameters)!,
            row.User,
            row.State,
            DateTimeOffset.FromUnixTimeMilliseconds(row.Submitted),
            row.Ended is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null,
            progress.Done,
            progress.Total,
            progress.Metrics,
            progress.Message,
            row.Result is null ? null : JsonNode.Parse(row.Result));
    }
}
