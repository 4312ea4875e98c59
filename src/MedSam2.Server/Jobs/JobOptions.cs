namespace MedSam2.Server.Jobs;

/// <summary>Work in the background (section <c>MedSam2:Jobs</c>).</summary>
internal sealed class JobOptions
{
    public const string Section = "MedSam2:Jobs";

    /// <summary>
    /// Seconds that a job stays with a server that gives no sign of life (1 to 3,600). After that another server, or the same
    /// one started again, goes on with it.
    /// </summary>
    public int LeaseSeconds { get; set; } = 15;

    /// <summary>How often a job may take the server down with it (1 to 100) before it is given up.</summary>
    public int MostCrashes { get; set; } = 5;

    /// <summary>Ended jobs of each kind that are kept, with their logs and files (1 to 100,000).</summary>
    public int History { get; set; } = 100;

    /// <summary>Log lines that are kept of each job (20 to 1,000,000).</summary>
    public int LogLines { get; set; } = 2000;

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
}
