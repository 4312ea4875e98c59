using MedSam2.Server.Hosting;
using MedSam2.Server.Jobs.Storage;

namespace MedSam2.Server.Jobs;

internal static class JobExtensions
{
    /// <summary>Work in the background that outlives the server; its kinds are registered where they are.</summary>
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section)
            .Validate(jobs => jobs.LeaseSeconds is >= 1 and <= 3600, "MedSam2:Jobs:LeaseSeconds must lie in 1 to 3600.")
            .Validate(jobs => jobs.MostCrashes is >= 1 and <= 100, "MedSam2:Jobs:MostCrashes must lie in 1 to 100.")
            .Validate(jobs => jobs.History is >= 1 and <= 100_000, "MedSam2:Jobs:History must lie in 1 to 100000.")
            .Validate(jobs => jobs.LogLines is >= 20 and <= 1_000_000, "MedSam2:Jobs:LogLines must lie in 20 to 1000000.")
            .ValidateOnStart();
        builder.Services.AddSingleton<JobDatabase>();
        builder.Services.AddSingleton<IPrepare>(services => services.GetRequiredService<JobDatabase>());
        builder.Services.AddSingleton<JobStore>();
        builder.Services.AddSingleton<JobRuns>();
        builder.Services.AddSingleton<JobService>();
        // Kinds use what is opened at the start, and the worker is made before that.
        builder.Services.AddSingleton<Func<IEnumerable<IJobKind>>>(services => services.GetServices<IJobKind>);
        builder.Services.AddHostedService<JobWorker>();
    }
}
