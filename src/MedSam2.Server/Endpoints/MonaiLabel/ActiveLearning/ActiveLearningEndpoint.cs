using System.Text.Json.Nodes;
using MedSam2.Server.ActiveLearning;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.DicomWeb;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;

/// <summary><c>POST /activelearning/{strategy}</c>: the next image to label.</summary>
internal sealed class ActiveLearningEndpoint(SampleChooser chooser, ImageDownloads downloads, FileChecksums checksums)
{
    public async Task<IResult> HandleAsync(string strategy, HttpContext context, CancellationToken cancellation)
    {
        var chosen = SampleStrategy.Find(strategy)
            ?? throw RequestException.NotFound($"There is no strategy '{strategy}'. This server has {string.Join(" and ", SampleStrategy.All.Select(known => known.Name))}.");
        var asked = await JsonBody.ReadAsync(context.Request, cancellation);
        var client = asked["client_id"] is JsonValue value && value.TryGetValue(out string? name) ? name : null;
        var user = context.User.Identity?.Name ?? client;
        var shared = asked["double_reading"] is JsonValue twice && twice.TryGetValue(out bool flag) && flag;
        if (await chooser.NextAsync(chosen, $"{user}@{context.Connection.RemoteIpAddress}", shared, cancellation) is not { } next)
            return JsonAnswer.Of(new JsonObject());

        var (image, weight, asAsked) = next;
        var file = await downloads.FindAsync(image, cancellation);
        var sample = new JsonObject
        {
            ["id"] = image.Id,
            ["weight"] = weight,
            ["scored"] = chosen.NeedsScores && asAsked,
            // Clients look whether it is a file of their own; the server's paths are nobody's business.
            ["path"] = "",
            ["checksum"] = await checksums.OfAsync(file.FullName, cancellation),
        };
        foreach (var (key, known) in image.Info())
            sample[key] = known?.DeepClone();
        if (image.Series is { } series)
            sample["RetrieveURL"] = new ResourceUrls(context.Request).Series(series.StudyInstanceUid, series.SeriesInstanceUid);
        await chooser.NoteServedAsync(image, chosen, client ?? user, CancellationToken.None);
        return JsonAnswer.Of(sample);
    }
}

internal static class ActiveLearningExtensions
{
    public static void AddActiveLearning(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ActiveLearningOptions>().BindConfiguration(ActiveLearningOptions.Section)
            .Validate(active => active.HoldMinutes is >= 0.01 and <= 100_000, "MedSam2:ActiveLearning:HoldMinutes must lie in 0.01 to 100000.")
            .Validate(active => active.RescoreSeconds is >= 1 and <= 86_400, "MedSam2:ActiveLearning:RescoreSeconds must lie in 1 to 86400.")
            .Validate(active => active.ScoreReach is >= 1 and <= 100, "MedSam2:ActiveLearning:ScoreReach must lie in 1 to 100.")
            .ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ImageScores>();
        builder.Services.AddSingleton<SampleChooser>();
        builder.AddScoring();
        builder.Services.AddSingleton<ActiveLearningEndpoint>();
    }

    public static void MapActiveLearning(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/activelearning/{strategy}", (string strategy, HttpContext context, ActiveLearningEndpoint endpoint, CancellationToken stop) =>
            endpoint.HandleAsync(strategy, context, stop));
}
