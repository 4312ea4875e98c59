using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Server.Jobs.Storage;

/// <summary>
/// Reads and changes jobs. Whatever a run changes carries the run's name, and is refused once the job is another run's: two
/// servers never write for the same job.
/// </summary>
internal sealed class JobStore(JobDatabase database, TimeProvider clock)
{
    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Adds a job with the first lines of its log: both or neither, and no run takes it before they are there.</summary>
    public async Task<JobRow> AddAsync(string kind, JsonObject parameters, string? user, CancellationToken cancellation, IReadOnlyList<string>? remarks = null)
    {
        await using var context = database.NewContext();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
        var row = new JobRow { Id = Guid.NewGuid().ToString(), Kind = kind, Parameters = parameters.ToJsonString(), User = user, Submitted = Now };
        context.Jobs.Add(row);
        // The lines carry the number that the database gives the row.
        await context.SaveChangesAsync(cancellation);
        context.Logs.AddRange((remarks ?? []).Select(line => new JobLogRow { JobNumber = row.Number, Time = row.Submitted, Line = line }));
        await context.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    /// <summary>The job of a kind whose turn it is: the oldest that has not ended.</summary>
    public async Task<JobRow?> FindNextAsync(string kind, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        return await context.Jobs.AsNoTracking().Where(j => j.Kind == kind && (j.State == JobState.Submitted || j.State == JobState.Running)).OrderBy(j => j.Number).FirstOrDefaultAsync(cancellation);
    }

    /// <summary>Takes a job that nobody has, or whose lease is over.</summary>
    public async Task<bool> TryTakeAsync(JobRow job, string run, TimeSpan lease, CancellationToken cancellation)
    {
        var now = Now;
        await using var context = database.NewContext();
        return await context.Jobs
            .Where(j => j.Number == job.Number && (j.State == JobState.Submitted || j.State == JobState.Running) && (j.Owner == null || j.LeaseUntil < now))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(j => j.State, JobState.Running)
                    .SetProperty(j => j.Crashes, j => j.Owner == null ? j.Crashes : j.Crashes + 1)
                    .SetProperty(j => j.Owner, run)
                    .SetProperty(j => j.LeaseUntil, now + (long)lease.TotalMilliseconds),
                cancellation) == 1;
    }

    /// <summary>Prolongs the lease, and notes how far the run is.</summary>
    /// <returns>Whether the run may go on: false once the job was stopped, or is another run's.</returns>
    public async Task<bool> KeepAsync(long job, string run, TimeSpan lease, JobProgress progress, CancellationToken cancellation)
    {
        var until = Now + (long)lease.TotalMilliseconds;
        var metrics = progress.MetricsJson();
        await using var context = database.NewContext();
        return await context.Jobs.Where(j => j.Number == job && j.Owner == run && j.State == JobState.Running).ExecuteUpdateAsync(
            set => set
                .SetProperty(j => j.LeaseUntil, until)
                .SetProperty(j => j.Done, progress.Done)
                .SetProperty(j => j.Total, progress.Total)
                .SetProperty(j => j.Message, progress.Message)
                .SetProperty(j => j.Metrics, metrics),
            cancellation) == 1;
    }

    /// <summary>Notes an item that is behind the job.</summary>
    /// <exception cref="JobLostException">The job is another run's by now.</exception>
    public async Task AddItemAsync(long job, string run, JobItem item, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellation);
        await RequireAsync(context, job, run, cancellation);
        context.Items.Add(new JobItemRow { JobNumber = job, Item = item.Item, Fault = item.Fault, Result = item.Result?.ToJsonString() });
        await context.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Keeps a run's place.</summary>
    /// <exception cref="JobLostException">The job is another run's by now.</exception>
    public async Task SavePlaceAsync(long job, string run, string place, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        if (await context.Jobs.Where(j => j.Number == job && j.Owner == run).ExecuteUpdateAsync(set => set.SetProperty(j => j.Place, place), cancellation) == 0)
            throw new JobLostException();
    }

    /// <summary>Ends a job, unless it was stopped or is another run's.</summary>
    public async Task<bool> EndAsync(long job, string run, JobState state, JobProgress progress, JsonNode? result, CancellationToken cancellation)
    {
        var (now, json, metrics) = (Now, result?.ToJsonString(), progress.MetricsJson());
        await using var context = database.NewContext();
        return await context.Jobs.Where(j => j.Number == job && j.Owner == run && j.State == JobState.Running).ExecuteUpdateAsync(
            set => set
                .SetProperty(j => j.State, state)
                .SetProperty(j => j.Ended, now)
                .SetProperty(j => j.Owner, (string?)null)
                .SetProperty(j => j.Done, progress.Done)
                .SetProperty(j => j.Total, progress.Total)
                .SetProperty(j => j.Message, progress.Message)
                .SetProperty(j => j.Metrics, metrics)
                .SetProperty(j => j.Result, json),
            cancellation) == 1;
    }

    /// <summary>Gives a job back that this run does not end, since it was stopped or its server goes down.</summary>
    public async Task ReleaseAsync(long job, string run, JobProgress progress, CancellationToken cancellation)
    {
        var metrics = progress.MetricsJson();
        await using var context = database.NewContext();
        await context.Jobs.Where(j => j.Number == job && j.Owner == run).ExecuteUpdateAsync(
            set => set
                .SetProperty(j => j.Owner, (string?)null)
                .SetProperty(j => j.Done, progress.Done)
                .SetProperty(j => j.Total, progress.Total)
                .SetProperty(j => j.Metrics, metrics),
            cancellation);
    }

    /// <summary>Stops a job, whoever runs it: its run learns of it with its next <see cref="KeepAsync"/>.</summary>
    /// <returns>Whether it had not ended.</returns>
    public async Task<bool> StopAsync(string id, CancellationToken cancellation)
    {
        var now = Now;
        await using var context = database.NewContext();
        return await context.Jobs.Where(j => j.Id == id && (j.State == JobState.Submitted || j.State == JobState.Running)).ExecuteUpdateAsync(
            set => set.SetProperty(j => j.State, JobState.Stopped).SetProperty(j => j.Ended, now).SetProperty(j => j.Message, "Stopped by a user."),
            cancellation) == 1;
    }

    public async Task LogAsync(long job, IReadOnlyList<(DateTimeOffset Time, string Line)> lines, int most, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        context.Logs.AddRange(lines.Select(line => new JobLogRow { JobNumber = job, Time = line.Time.ToUnixTimeMilliseconds(), Line = line.Line }));
        await context.SaveChangesAsync(cancellation);
        var oldest = await context.Logs.Where(l => l.JobNumber == job).OrderByDescending(l => l.Number).Skip(most).Select(l => (long?)l.Number).FirstOrDefaultAsync(cancellation);
        if (oldest is not null)
            await context.Logs.Where(l => l.JobNumber == job && l.Number <= oldest).ExecuteDeleteAsync(cancellation);
    }

    public async Task<JobRow?> FindAsync(string id, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        return await context.Jobs.AsNoTracking().FirstOrDefaultAsync(j => j.Id == id, cancellation);
    }

    /// <summary>Jobs of a kind, oldest first.</summary>
    public async Task<IReadOnlyList<JobRow>> ListAsync(string kind, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        return await context.Jobs.AsNoTracking().Where(j => j.Kind == kind).OrderBy(j => j.Number).ToListAsync(cancellation);
    }

    public async Task<IReadOnlyList<JobItem>> ItemsAsync(long job, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        var rows = await context.Items.AsNoTracking().Where(i => i.JobNumber == job).OrderBy(i => i.Item).ToListAsync(cancellation);
        return [.. rows.Select(row => new JobItem(row.Item, row.Fault, row.Result is null ? null : JsonNode.Parse(row.Result)))];
    }

    /// <summary>The last lines of a job's log, oldest first.</summary>
    public async Task<IReadOnlyList<JobLogRow>> LogAsync(long job, int lines, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        var rows = await context.Logs.AsNoTracking().Where(l => l.JobNumber == job).OrderByDescending(l => l.Number).Take(lines).ToListAsync(cancellation);
        rows.Reverse();
        return rows;
    }

    /// <summary>Forgets the oldest ended jobs of a kind beyond a number.</summary>
    /// <returns>The ids of those that are gone.</returns>
    public async Task<IReadOnlyList<string>> ForgetAsync(string kind, int most, CancellationToken cancellation)
    {
        await using var context = database.NewContext();
        var gone = await context.Jobs.Where(j => j.Kind == kind && j.Ended != null).OrderByDescending(j => j.Number).Skip(most).Select(j => j.Id).ToListAsync(cancellation);
        if (gone.Count > 0)
            await context.Jobs.Where(j => gone.Contains(j.Id)).ExecuteDeleteAsync(cancellation);
        return gone;
    }

    /// <summary>Also takes the database's write lock, so that nobody takes the job before the transaction ends.</summary>
    private static async Task RequireAsync(JobsContext context, long job, string run, CancellationToken cancellation)
    {
        if (await context.Jobs.Where(j => j.Number == job && j.Owner == run).ExecuteUpdateAsync(set => set.SetProperty(j => j.Owner, run), cancellation) == 0)
            throw new JobLostException();
    }
}
