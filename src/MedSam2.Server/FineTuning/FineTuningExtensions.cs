using MedSam2.Server.Endpoints.MonaiLabel.Tasks;
using MedSam2.Server.Jobs;

namespace MedSam2.Server.FineTuning;

internal static class FineTuningExtensions
{
    /// <summary>Training as a job, versions of the network, and the loop from labels to the next version.</summary>
    public static void AddFineTuning(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LabelLoopOptions>().BindConfiguration(LabelLoopOptions.Section)
            .Validate(loop => loop.AfterLabels is >= 0 and <= 1_000_000, "MedSam2:LabelLoop:AfterLabels must lie in 0 to 1000000.")
            .Validate(loop => loop.Epochs is >= 1 and <= 1_000_000, "MedSam2:LabelLoop:Epochs must lie in 1 to 1000000.")
            .Validate(loop => loop.Steps is >= 0 and <= 10_000_000, "MedSam2:LabelLoop:Steps must lie in 0 to 10000000.")
            .Validate(loop => loop.LearningRate is > 0 and <= 1, "MedSam2:LabelLoop:LearningRate must lie above 0 and up to 1.")
            .Validate(loop => loop.Validation is >= 0 and <= 0.9, "MedSam2:LabelLoop:Validation must lie in 0 to 0.9.")
            .Validate(loop => loop.CheckSeconds is >= 1 and <= 86_400, "MedSam2:LabelLoop:CheckSeconds must lie in 1 to 86400.")
            .ValidateOnStart();
        builder.Services.AddSingleton<TrainingMeter>();
        builder.Services.AddSingleton<TrainingCurves>();
        builder.Services.AddSingleton<TrainingImages>();
        builder.Services.AddSingleton<IJobKind, TrainKind>();
        builder.Services.AddSingleton(new TaskMethod(
            TaskMethod.Train, "medsam2", "Fine-tune MedSAM-2 from the approved labels; the new version is served if it beats the present one", TrainParameters.Configuration()));
        builder.Services.AddHostedService<ServedVersionWatch>();
        builder.Services.AddHostedService<LabelLoop>();
    }
}
