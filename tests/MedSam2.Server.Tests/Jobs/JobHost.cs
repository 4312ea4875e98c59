using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Hosting;
using MedSam2.Server.Jobs;
using MedSam2.Server.Jobs.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace MedSam2.Server.Tests.Jobs;

/// <summary>Jobs alone, on the database of a folder, with one kind that a test writes.</summary>
internal sealed class JobHost : IAsyncDisposable
{
    public const string Kind = "test";

    private readonly WebApplication _app;

    private JobHost(string folder, Func<JobRun, CancellationToken, Task<JsonNode?>> work, string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0", $"--MedSam2:Data={folder}", .. settings]);
        builder.Logging.ClearProviders();
        builder.AddStartUp();
        builder.AddServerOptions();
        builder.AddJobs();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IJobKind>(new TestKind(work));
        _app = builder.Build();
    }

    public JobService Jobs => _app.Services.GetRequiredService<JobService>();

    public JobDatabase Database => _app.Services.GetRequiredService<JobDatabase>();

    public JobStore Store => _app.Services.GetRequiredService<JobStore>();

    public static async Task<JobHost> StartAsync(string folder, Func<JobRun, CancellationToken, Task<JsonNode?>> work, params string[] settings)
    {
        var host = new JobHost(folder, work, settings);
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>Starts a job with parameters, in the queue.</summary>
    public async Task<string> SubmitAsync(string parameters = "{}") =>
        (await Jobs.SubmitAsync(Kind, (JsonObject)JsonNode.Parse(parameters)!, "anna", enqueue: true, TestContext.Current.CancellationToken))!.Id;

    public Task<JobRecord> EndAsync(string id) => Jobs.WaitAsync(id, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private sealed class TestKind(Func<JobRun, CancellationToken, Task<JsonNode?>> work) : IJobKind
    {
        public string Name => Kind;

        public Task<JsonNode?> RunAsync(JobRun run, CancellationToken cancellation) => work(run, cancellation);
    }
}

/// <summary>Notes who did which item, in the order of doing.</summary>
internal sealed class DoneItems
{
    private readonly ConcurrentQueue<string> _items = new();

    public string[] All => [.. _items];

    public void Add(string item) => _items.Enqueue(item);
}
