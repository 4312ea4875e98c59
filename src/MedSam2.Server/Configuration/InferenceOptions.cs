namespace MedSam2.Server.Configuration;

/// <summary>Memory and cores of inference (section <c>MedSam2:Inference</c>).</summary>
internal sealed class InferenceOptions
{
    public const string Section = "MedSam2:Inference";

    /// <summary>Threads of one forward pass on the CPU (0 to 256); 0 leaves it to torch: one a core.</summary>
    public int Threads { get; set; }

    /// <summary>Volumes kept in memory after use, in MiB (0 to 1,048,576); the least recently used go first.</summary>
    public int VolumeCacheMegabytes { get; set; } = 2048;

    /// <summary>
    /// Volumes that requests of <c>/infer</c> have in hand at once, in MiB (1 to 1,048,576): beyond it the next ones wait before they read
    /// theirs. A volume counts once, however many requests use it, and nobody waits for one that is in memory already. The volumes that are
    /// being read come on top: two at most, and two more that a remote archive sends.
    /// </summary>
    public int VolumesInHandMegabytes { get; set; } = 2048;

    /// <summary>Volumes whose encoded slices are kept for the next click (0 to 64); each may take up to half a gigabyte.</summary>
    public int WarmSessions { get; set; } = 2;

    public long VolumeCacheBytes => (long)VolumeCacheMegabytes << 20;

    public long VolumesInHandBytes => (long)VolumesInHandMegabytes << 20;
}
