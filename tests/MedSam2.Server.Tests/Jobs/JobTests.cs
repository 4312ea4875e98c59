using System.Text.Json.Nodes;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs;
using MedSam2.TestSupport;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace MedSam2.Server.Tests.Jobs;

public sealed class JobTests : IDisposable
{
    private static readonly string[] FiveItems = ["a", "b", "c", "d", "e"];

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_runs_with_its_parameters_and_keeps_result_progress_and_log()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (run, _) =>
        {
            run.Progress(1, 2, "half", new Dictionary<string, double> { ["loss"] = 0.5, ["broken"] = double.NaN });
            run.Log("a line\nof two");
            return Task.FromResult<JsonNode?>(new JsonObject { ["twice"] = 2 * run.Parameters["n"]!.GetValue<int>() });
        });
        var job = await host.EndAsync(await host.SubmitAsync("""{"n": 21}"""));

        Assert.Equal((JobState.Done, "anna", 1L, 2L, "half"), (job.State, job.User, job.Done, job.Total, job.Message));
        Assert.Equal("""{"twice":42}""", job.Result!.ToJsonString());
        Assert.Equal(0.5, Assert.Single(job.Metrics).Value);
        Assert.True(job.Ended >= job.Submitted);
        var log = await host.Jobs.LogAsync(job.Id, 20, Stop);
        Assert.Equal(["Started.", "a line of two", "Done."], log.Select(line => line[21..]));
    }

    [Fact]
    public async Task Remarks_are_in_the_log_before_anybody_takes_the_job()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (_, _) => Task.FromResult<JsonNode?>(null));
        for (var n = 0; n < 5; n++)
        {
            var submitted = await host.Jobs.SubmitAsync(JobHost.Kind, [], null, enqueue: true, Stop, ["one", "two"]);
            var job = await host.EndAsync(submitted!.Id);
            Assert.Equal(["one", "two", "Started.", "Done."], (await host.Jobs.LogAsync(job.Id, 20, Stop)).Select(line => line[21..]));
        }
    }

    [Fact]
    public async Task A_job_whose_remarks_cannot_be_kept_is_not_there_at_all()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (_, _) => Task.FromResult<JsonNode?>(null));
        await using (var context = host.Database.NewContext())
            await context.Database.ExecuteSqlRawAsync("CREATE TRIGGER full BEFORE INSERT ON Logs WHEN NEW.Line = 'two' BEGIN SELECT RAISE(ABORT, 'full'); END", Stop);

        await Assert.ThrowsAsync<DbUpdateException>(() => host.Jobs.SubmitAsync(JobHost.Kind, [], null, enqueue: true, Stop, ["one", "two"]));
        Assert.Empty(await host.Jobs.ListAsync(JobHost.Kind, Stop));
    }

    [Fact]
    public async Task An_item_that_fails_is_named_with_its_reason_and_the_others_are_done()
    {
        var done = new DoneItems();
        await using var host = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            await run.ForEachAsync(FiveItems, item => item, (item, _) =>
            {
                if (item == "c")
                    throw RequestException.NotFound("There is no c.");
                if (item == "d")
                    throw new InvalidOperationException("a defect, whose text is for the log alone");
                done.Add(item);
                return Task.FromResult<JsonNode?>(item + "!");
            }, 2, stop);
            return null;
        });
        var job = await host.EndAsync(await host.SubmitAsync());

        Assert.Equal((JobState.Done, 5L, 5L, "5 of 5, 2 failed"), (job.State, job.Done, job.Total, job.Message));
        Assert.Equal(["a", "b", "e"], done.All.Order());
        var items = (await host.Jobs.ItemsAsync(job.Id, Stop)).ToDictionary(item => item.Item);
        Assert.Equal("There is no c.", items["c"].Fault);
        Assert.DoesNotContain("defect", items["d"].Fault!, StringComparison.Ordinal);
        Assert.Equal((null, "a!"), (items["a"].Fault, items["a"].Result!.GetValue<string>()));
    }

    [Fact]
    public async Task What_a_killed_server_left_is_taken_up_without_doing_an_item_twice()
    {
        var done = new DoneItems();
        string id;
        await using (var first = await JobHost.StartAsync(_folder.Path, (_, stop) => Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => (JsonNode?)null, Stop)))
        {
            // A run as a killed server leaves it: in hand, two items done, its place saved.
            var row = await first.Store.AddAsync(JobHost.Kind + "-other", [], null, Stop);
            Assert.True(await first.Store.TryTakeAsync(row, "dead", TimeSpan.FromSeconds(1), Stop));
            await first.Store.AddItemAsync(row.Number, "dead", new("a", null, null), Stop);
            await first.Store.AddItemAsync(row.Number, "dead", new("b", "broken", null), Stop);
            await first.Store.SavePlaceAsync(row.Number, "dead", """{"epoch":7}""", Stop);
            await using var context = first.Database.NewContext();
            context.Jobs.Single(j => j.Number == row.Number).Kind = JobHost.Kind;
            await context.SaveChangesAsync(Stop);
            id = row.Id;
        }

        await using var second = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            Assert.Equal(7, run.State!["epoch"]!.GetValue<int>());
            await run.ForEachAsync(FiveItems, item => item, (item, _) =>
            {
                done.Add(item);
                return Task.FromResult<JsonNode?>(null);
            }, 1, stop);
            return null;
        });
        var job = await second.EndAsync(id);

        Assert.Equal((JobState.Done, "5 of 5, 1 failed"), (job.State, job.Message));
        Assert.Equal(["c", "d", "e"], done.All);
        Assert.Contains(await second.Jobs.LogAsync(id, 20, Stop), line => line.EndsWith("Started again after the server went down.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_goes_on_with_the_next_server_when_its_own_goes_down_in_order()
    {
        var begun = new TaskCompletionSource();
        string id;
        await using (var first = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            run.Progress(3, 9);
            await File.WriteAllTextAsync(Path.Combine(run.Folder, "weights"), "w", Stop);
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
            return null;
        }))
        {
            id = await first.SubmitAsync();
            await begun.Task;
        }

        await using var second = await JobHost.StartAsync(_folder.Path, async (run, stop) => (JsonNode?)$"{run.Current.Total} {await File.ReadAllTextAsync(Path.Combine(run.Folder, "weights"), stop)}", "--MedSam2:Jobs:MostCrashes=1");
        var job = await second.EndAsync(id);

        // It is not counted as a crash: one would be too many.
        Assert.Equal((JobState.Done, "9 w"), (job.State, job.Result!.GetValue<string>()));
    }

    [Fact]
    public async Task A_stopped_job_ends_with_its_item_in_hand_and_the_next_one_starts()
    {
        var done = new DoneItems();
        var begun = new TaskCompletionSource();
        await using var host = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            await run.ForEachAsync(FiveItems, item => item, async (item, token) =>
            {
                done.Add($"{run.Parameters["job"]}{item}");
                if (item == "b" && run.Parameters["job"]!.GetValue<int>() == 1)
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.Infinite, token);
                }

                return null;
            }, 1, stop);
            return null;
        });
        var (first, second) = (await host.SubmitAsync("""{"job": 1}"""), await host.SubmitAsync("""{"job": 2}"""));
        await begun.Task;
        var stopped = await host.Jobs.StopAsync(first, Stop);

        Assert.Equal((JobState.Stopped, true), (stopped!.State, stopped.Ended is not null));
        Assert.Equal(JobState.Done, (await host.EndAsync(second)).State);
        Assert.Equal(["1a", "1b", "2a", "2b", "2c", "2d", "2e"], done.All);
        Assert.Equal(JobState.Stopped, (await host.Jobs.FindAsync(first, Stop))!.State);
        Assert.Null(await host.Jobs.StopAsync(first, Stop));
    }

    [Fact]
    public async Task A_waiting_job_can_be_stopped_and_never_runs()
    {
        var done = new DoneItems();
        var go = new TaskCompletionSource();
        await using var host = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            done.Add(run.JobId);
            await go.Task.WaitAsync(stop);
            return null;
        });
        var ids = new[] { await host.SubmitAsync(), await host.SubmitAsync(), await host.SubmitAsync() };
        await host.Jobs.StopAsync(ids[1], Stop);
        go.SetResult();
        await host.EndAsync(ids[2]);

        Assert.Equal([ids[0], ids[2]], done.All);
    }

    [Fact]
    public async Task While_a_job_runs_another_one_must_be_allowed_to_wait()
    {
        var go = new TaskCompletionSource();
        await using var host = await JobHost.StartAsync(_folder.Path, async (_, stop) =>
        {
            await go.Task.WaitAsync(stop);
            return null;
        });
        var first = await host.Jobs.SubmitAsync(JobHost.Kind, [], null, enqueue: false, Stop);

        Assert.NotNull(first);
        Assert.Null(await host.Jobs.SubmitAsync(JobHost.Kind, [], null, enqueue: false, Stop));
        go.SetResult();
        await host.EndAsync(first.Id);
        Assert.NotNull(await host.Jobs.SubmitAsync(JobHost.Kind, [], null, enqueue: false, Stop));
    }

    [Fact]
    public async Task A_job_that_fails_says_why()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (_, _) => throw new ParameterException("'epochs' must be a number.", "body", "epochs"));
        var job = await host.EndAsync(await host.SubmitAsync());

        Assert.Equal((JobState.Error, "'epochs' must be a number."), (job.State, job.Message));
        Assert.EndsWith("'epochs' must be a number.", (await host.Jobs.LogAsync(job.Id, 20, Stop))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_takes_the_server_down_again_and_again_is_given_up()
    {
        await using var host = await JobHost.StartAsync(_folder.Path, (_, _) => Task.FromResult<JsonNode?>(null), "--MedSam2:Jobs:MostCrashes=2");
        await using (var context = host.Database.NewContext())
        {
            context.Jobs.Add(new() { Id = "crasher", Kind = JobHost.Kind, Parameters = "{}", State = JobState.Running, Owner = "dead", Crashes = 1 });
            await context.SaveChangesAsync(Stop);
        }

        var job = await host.EndAsync("crasher");
        Assert.Equal(JobState.Error, job.State);
        Assert.Contains("2 times", job.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watcher_sees_progress_and_the_end()
    {
        var go = new TaskCompletionSource();
        await using var host = await JobHost.StartAsync(_folder.Path, async (run, stop) =>
        {
            run.Progress(4, 8, "half");
            await go.Task.WaitAsync(stop);
            return null;
        });
        List<JobRecord> seen = [];
        await foreach (var record in host.Jobs.WatchAsync(await host.SubmitAsync(), Stop))
        {
            seen.Add(record);
            if (record.Message == "half")
                go.TrySetResult();
        }

        Assert.Contains(seen, record => (record.State, record.Done, record.Total) == (JobState.Running, 4, 8));
        Assert.Equal(JobState.Done, seen[^1].State);
        Assert.Single(seen, record => record.HasEnded);
        await foreach (var record in host.Jobs.WatchAsync("unknown", Stop))
            Assert.Fail(record.Id);
    }
}
