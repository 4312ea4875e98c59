using System.Runtime.InteropServices;

namespace MedSam2.PixelDecoder.Hosting;

/// <summary>
/// Limits that the kernel keeps for this process, for code that may be made to misbehave: memory that can be written,
/// processor time a frame, no files, no core dumps (they would hold pixels). On Linux only; elsewhere the time limit of
/// whoever started the process is what remains.
/// </summary>
internal static partial class ProcessLimits
{
    private const int CpuTime = 0, FileSize = 1, DataSize = 2, CoreSize = 4;
    private const ulong Unlimited = ulong.MaxValue;

    public static void Apply(long memoryBytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        // Not the address space: the runtime reserves far more of that than it ever writes to.
        Set(DataSize, (ulong)memoryBytes, (ulong)memoryBytes);
        Set(FileSize, 0, 0);
        Set(CoreSize, 0, 0);
        SilenceErrors();
    }

    /// <summary>The kernel ends the process when it has used this much more.</summary>
    public static void AllowProcessorTime(TimeSpan more)
    {
        if (OperatingSystem.IsLinux())
            Set(CpuTime, (ulong)Math.Ceiling((Environment.CpuUsage.TotalTime + more).TotalSeconds), Unlimited);
    }

    /// <summary>A dying decoder's last words belong to nobody's log.</summary>
    private static void SilenceErrors()
    {
        const int writeOnly = 1, standardError = 2;
        var nowhere = Open("/dev/null", writeOnly);
        if (nowhere >= 0)
            _ = Duplicate(nowhere, standardError);
    }

    private static void Set(int resource, ulong soft, ulong hard)
    {
        if (SetLimit(resource, new Limit(soft, hard)) != 0)
            throw new InvalidOperationException($"The kernel refused limit {resource} (error {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit(ulong soft, ulong hard)
    {
        public readonly ulong Soft = soft;
        public readonly ulong Hard = hard;
    }
}
