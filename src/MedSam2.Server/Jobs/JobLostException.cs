namespace MedSam2.Server.Jobs;

/// <summary>A run wrote for a job that is another run's by now: this server gave no sign of life for longer than its lease.</summary>
internal sealed class JobLostException() : Exception("The job is another run's by now.");
