using System.Text.Json.Nodes;
using MedSam2.Server.Jobs;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Server.Tests.Jobs;

/// <summary>Several servers on one database, and what stays of jobs that ended.</summary>
public sealed class JobServersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_servers_run_every_job_once_and_one_at_a_time()
    {
        var done = new DoneItems();
        var running = 0;
        async Task<JsonNode?> Work(JobRun run, CancellationToken stop)
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Delay(5, stop);
            done.Add(run.JobId);
            Interlocked.Decrement(ref running);
            return null;
        }

        await using var one = await JobHost.StartAsync(_folder.Path, Work);
        await using var two = await JobHost.StartAsync(_folder.Path, Work);
        List<string> ids = [];
        for (var n = 0; n < 10; n++)
            ids.Add(await (n % 2 == 0 ? one : two).SubmitAsync());
        foreach (var id in ids)
            Assert.Equal(JobState.Done, (await two.EndAsync(id)).State);

        Assert.Equal(ids, done.All);
    }

    [Fact]
    public async Task A_job_of_another_server_can_be_stopped()
    {
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        async Task<JsonNode?> Work(JobRun run, CancellationToken stop)
        {
            begun.TrySetResult();
            await Task.WhenAny(Task.Delay(Timeout.Infinite, stop));
            ended.SetResult();
            stop.ThrowIfCancellationRequested();
            return null;
        }

        await using var one = await JobHost.StartAsync(_folder.Path, Work);
        var id = await one.SubmitAsync();
        await begun.Task;
        await using var two = await JobHost.StartAsync(_folder.Path, Work);
        Assert.Equal(JobState.Stopped, (await two.Jobs.StopAsync(id, Stop))!.State);

        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), Stop);
    }

    [Fact]
    public async Task A_run_whose_job_was_taken_over_writes_nothing_any_more()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (_, _) => Task.FromResult<JsonNode?>(null));
        var job = await host.Store.AddAsync("other", [], null, Stop);
        Assert.True(await host.Store.TryTakeAsync(job, "one", TimeSpan.FromHours(1), Stop));
        Assert.False(await host.Store.TryTakeAsync(job, "two", TimeSpan.FromHours(1), Stop));
        await host.Store.ReleaseAsync(job.Number, "one", JobProgress.None, Stop);
        Assert.True(await host.Store.TryTakeAsync(job, "two", TimeSpan.FromHours(1), Stop));

        await Assert.ThrowsAsync<JobLostException>(() => host.Store.AddItemAsync(job.Number, "one", new("a", null, null), Stop));
        await Assert.ThrowsAsync<JobLostException>(() => host.Store.SavePlaceAsync(job.Number, "one", "1", Stop));
        Assert.False(await host.Store.KeepAsync(job.Number, "one", TimeSpan.FromHours(1), JobProgress.None, Stop));
        Assert.False(await host.Store.EndAsync(job.Number, "one", JobState.Done, JobProgress.None, null, Stop));
        Assert.Equal(JobState.Running, (await host.Jobs.FindAsync(job.Id, Stop))!.State);
        Assert.Empty(await host.Jobs.ItemsAsync(job.Id, Stop));
    }

    [Fact]
    public async Task Old_jobs_go_with_their_files_and_long_logs_lose_their_beginning()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (run, _) =>
        {
            File.WriteAllText(Path.Combine(run.Folder, "weights"), "w");
            for (var n = 0; n < 100; n++)
                run.Log($"{n}");
            return Task.FromResult<JsonNode?>(null);
        }, "--MedSam2:Jobs:History=2", "--MedSam2:Jobs:LogLines=20");
        List<string> ids = [];
        for (var n = 0; n < 4; n++)
        {
            ids.Add(await host.SubmitAsync());
            await host.EndAsync(ids[^1]);
        }

        // The last one's tidying ends before the next one starts.
        await host.EndAsync(await host.SubmitAsync());
        Assert.Null(await host.Jobs.FindAsync(ids[0], Stop));
        Assert.False(Directory.Exists(_folder.File($"jobs/{ids[0]}")));
        Assert.True(Directory.Exists(_folder.File($"jobs/{ids[3]}")));
        Assert.EndsWith(" 81", (await host.Jobs.LogAsync(ids[3], 1000, Stop))[0], StringComparison.Ordinal);
        Assert.Equal(20, (await host.Jobs.LogAsync(ids[3], 1000, Stop)).Count);
    }
}
