using System.Text.Json.Nodes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Errors;
using MedSam2.Server.Jobs;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Endpoints.MonaiLabel.Tasks;

/// <summary>Batches, training and scoring, all alike: start, look, stop.</summary>
internal sealed class TaskEndpoints(JobService jobs, TaskAnswer answers, IEnumerable<TaskMethod> methods, IOptions<ServerOptions> server)
{
    /// <summary>The task started last; all of them with <c>all</c>; the running one with <c>check_if_running</c>.</summary>
    public async Task<IResult> StatusAsync(string kind, HttpRequest request, CancellationToken cancellation)
    {
        var known = await jobs.ListAsync(kind, cancellation);
        if (QueryFlag.Read(request, "check_if_running"))
        {
            var running = known.FirstOrDefault(job => !job.HasEnded) ?? throw RequestException.NotFound("No task of this kind is running.");
            return JsonAnswer.Of(await answers.DescribeAsync(running, whole: true, cancellation));
        }

        if (known.Count == 0)
            throw RequestException.NotFound("There was no task of this kind yet.");
        if (!QueryFlag.Read(request, "all"))
            return JsonAnswer.Of(await answers.DescribeAsync(known[^1], whole: true, cancellation));
        var list = new JsonArray();
        foreach (var job in known)
            list.Add(await answers.DescribeAsync(job, whole: false, cancellation));
        return JsonAnswer.Of(list);
    }

    /// <summary>Stops the running task; those that wait go on afterwards.</summary>
    public async Task<IResult> StopAsync(string kind, CancellationToken cancellation)
    {
        var running = (await jobs.ListAsync(kind, cancellation)).FirstOrDefault(job => !job.HasEnded);
        var stopped = running is null ? null : await jobs.StopAsync(running.Id, cancellation);
        return JsonAnswer.Of(stopped is null ? null : await answers.DescribeAsync(stopped, whole: true, cancellation));
    }

    /// <summary>Starts one method.</summary>
    /// <param name="kind">Of the job.</param>
    /// <param name="key">What the parameters call the method.</param>
    /// <param name="name">The method.</param>
    /// <param name="context">The request.</param>
    /// <param name="cancellation">Ends the waiting of <c>run_sync</c>; the job goes on.</param>
    public async Task<IResult> StartAsync(string kind, string key, string name, HttpContext context, CancellationToken cancellation)
    {
        Require(kind, name);
        var parameters = await JsonBody.ReadAsync(context.Request, cancellation);
        parameters[key] = name;
        return await RunAsync(kind, parameters, context, QueryFlag.Read(context.Request, "enqueue"), cancellation);
    }

    /// <summary>Starts all methods of a kind, or those that the body has parameters for, one after another.</summary>
    public async Task<IResult> StartAllAsync(string kind, string key, HttpContext context, CancellationToken cancellation)
    {
        var body = await JsonBody.ReadAsync(context.Request, cancellation);
        var known = methods.Where(method => method.Kind == kind).Select(method => method.Name).ToArray();
        if (known.Length == 0)
            throw RequestException.NotFound("This server has nothing of this kind.");
        var named = known.Where(name => body[name] is JsonObject).ToArray();
        if (named.Length == 0 && body.FirstOrDefault(entry => entry.Value is JsonObject).Key is { } unknown)
            throw RequestException.NotFound($"There is no '{unknown}' of this kind. This server has {string.Join(", ", known)}.");
        var isSync = QueryFlag.Read(context.Request, "run_sync");
        var answer = new JsonObject();
        var asked = new List<(string Name, JsonObject Parameters, IReadOnlyList<string> Remarks)>();
        foreach (var name in named.Length > 0 ? named : known)
        {
            var parameters = (body[name] as JsonObject ?? body).DeepClone().AsObject();
            if (body["client_id"] is { } client && !parameters.ContainsKey("client_id"))
                parameters["client_id"] = client.DeepClone();
            parameters[key] = name;
            asked.Add((name, parameters, TaskWishes.Read(parameters, server.Value.Device)));
        }

        foreach (var (name, parameters, remarks) in asked)
        {
            var job = (await jobs.SubmitAsync(kind, parameters, context.User.Identity?.Name, enqueue: true, cancellation, remarks))!;
            answer[name] = new JsonObject { ["result"] = await EndAsync(job, isSync, cancellation), ["detail"] = null };
        }

        return JsonAnswer.Of(answer);
    }

    /// <summary>Starts a job and answers with its task, or its result with <c>run_sync</c>.</summary>
    public async Task<IResult> RunAsync(string kind, JsonObject parameters, HttpContext context, bool enqueue, CancellationToken cancellation)
    {
        var isSync = QueryFlag.Read(context.Request, "run_sync");
        var remarks = TaskWishes.Read(parameters, server.Value.Device);
        var job = await jobs.SubmitAsync(kind, parameters, context.User.Identity?.Name, enqueue, cancellation, remarks)
            ?? throw new RequestException(StatusCodes.Status429TooManyRequests, "A task of this kind is running already. Wait for it, stop it with DELETE, or start this one with enqueue=true.");
        return JsonAnswer.Of(await EndAsync(job, isSync, cancellation));
    }

    private async Task<JsonNode?> EndAsync(JobRecord job, bool isSync, CancellationToken cancellation)
    {
        if (!isSync)
            return await answers.DescribeAsync(job, whole: true, cancellation);
        var ended = await jobs.WaitAsync(job.Id, cancellation);
        return ended.State is JobState.Done
            ? ended.Result ?? new JsonObject()
            : throw new RequestException(StatusCodes.Status500InternalServerError, ended.Message);
    }

    private void Require(string kind, string name)
    {
        var known = methods.Where(method => method.Kind == kind).ToArray();
        if (!known.Any(method => method.Name == name))
            throw RequestException.NotFound($"There is no '{name}' of this kind. This server has {(known.Length == 0 ? "none" : string.Join(", ", known.Select(method => method.Name)))}.");
    }
}
