namespace MedSam2.Studies.Store;

/// <summary>What a sender may ask of the store.</summary>
/// <param name="MaxInstanceBytes">Size of one instance.</param>
/// <param name="MaxBatchBytes">Size of all instances stored at once.</param>
/// <param name="MaxBatchInstances">Number of instances stored at once.</param>
/// <param name="MaxQueryResults">Rows of one query's answer.</param>
public sealed record StoreLimits(
    long MaxInstanceBytes = 2L << 30,
    long MaxBatchBytes = 16L << 30,
    int MaxBatchInstances = 20_000,
    int MaxQueryResults = 100_000)
{
    public static readonly StoreLimits Default = new();
}
