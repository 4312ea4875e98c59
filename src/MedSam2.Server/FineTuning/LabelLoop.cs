using System.Text.Json.Nodes;
using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Jobs;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.FineTuning;

/// <summary>
/// Starts a training once enough labels are new or changed since the last one that it started. What that one knew is in its parameters, so
/// that a restart forgets nothing; a training that failed is tried again with the next labels, not before.
/// </summary>
internal sealed partial class LabelLoop(IServiceProvider services, IOptions<LabelLoopOptions> options, ILogger<LabelLoop> logger) : BackgroundService
{
    /// <summary>In the parameters of the trainings that it started: the labels that there were, each with its time.</summary>
    public const string LabelsKey = "loop_labels";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.AfterLabels == 0)
            return;
        // Later than the archive is opened, which hosted services are made before.
        var (images, jobs) = (services.GetRequiredService<TrainingImages>(), services.GetRequiredService<JobService>());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(images, jobs, stoppingToken);
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

            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(options.Value.CheckSeconds), stoppingToken));
        }
    }

    private async Task LookAsync(TrainingImages images, JobService jobs, CancellationToken cancellation)
    {
        var trainings = await jobs.ListAsync(TaskMethod.Train, cancellation);
        if (trainings.Any(job => !job.HasEnded))
            return;
        var known = trainings.LastOrDefault(job => job.Parameters[LabelsKey] is JsonObject)?.Parameters[LabelsKey]!.AsObject();
        var labels = await images.ListAsync(cancellation);
        var fresh = labels.Count(label => known?[label.Key]?.GetValue<long>() != label.Value);
        if (fresh < options.Value.AfterLabels)
            return;
        LogStarted(logger, fresh);
        await jobs.SubmitAsync(
            TaskMethod.Train,
            new JsonObject
            {
                ["model"] = "medsam2",
                [TrainParameters.EpochsKey] = options.Value.Epochs,
                [TrainParameters.StepsKey] = options.Value.Steps,
                [TrainParameters.RateKey] = options.Value.LearningRate,
                [TrainParameters.ValidationKey] = options.Value.Validation,
                [LabelsKey] = new JsonObject([.. labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))]),
            },
            user: null,
            enqueue: false,
            cancellation);
    }

    [LoggerMessage(EventId = 7001, Level = LogLevel.Information, Message = "{Labels} new labels: training begins")]
    private static partial void LogStarted(ILogger logger, int labels);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "New labels could not be looked for")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
