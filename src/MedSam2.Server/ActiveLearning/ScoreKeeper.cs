using System.Text.Json.Nodes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Datastore;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Jobs;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.ActiveLearning;

/// <summary>
/// Keeps scores current: once a strategy that needs them was asked for, every image without a score of the network that is served is scored in the
/// background. New images and new versions of the network are found by looking.
/// </summary>
internal sealed partial class ScoreKeeper(
    ImageScores scores, IServiceProvider services, IOptions<ActiveLearningOptions> options, ILogger<ScoreKeeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Later than the archive is opened, which hosted services are made before.
        var (catalog, jobs) = (services.GetRequiredService<ImageCatalog>(), services.GetRequiredService<JobService>());
        while (!stoppingToken.IsCancellationRequested)
        {
            var wanted = scores.Wanted.Next;
            try
            {
                if (scores.IsWanted && scores.Missing(await catalog.ListAsync(stoppingToken)).Count > 0)
                    await jobs.SubmitAsync(TaskMethod.Scoring, new JsonObject { ["method"] = ScoringKind.Uncertainty }, user: null, enqueue: false, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // An archive or database that is away now is there later.
                LogFailed(logger, exception);
            }

            await Task.WhenAny(wanted, Task.Delay(TimeSpan.FromSeconds(options.Value.RescoreSeconds), stoppingToken));
        }
    }

    [LoggerMessage(EventId = 7020, Level = LogLevel.Warning, Message = "Images without a score could not be looked for")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}

internal static class ScoringExtensions
{
    /// <summary>Scores of images, as jobs and in the background.</summary>
    public static void AddScoring(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IJobKind, ScoringKind>();
        Add(ScoringKind.Uncertainty, "How unsure the model is of each image without a label");
        Add(ScoringKind.Diversity, "How unlike each image without a label is to those with one");
        Add(ScoringKind.Hybrid, "Unsure and unlike at once: the mean of an image's places in both orders");
        Add(ScoringKind.Dice, "How far approved labels agree with what the model had proposed");
        builder.Services.AddHostedService<ScoreKeeper>();

        void Add(string name, string description) => builder.Services.AddSingleton(new TaskMethod(TaskMethod.Scoring, name, description, []));
    }
}
