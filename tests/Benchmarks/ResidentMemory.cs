using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MedSam2.Benchmarks;

/// <summary>How much memory of the machine the process holds, native memory included. On Linux its peak can be started anew.</summary>
internal static class ResidentMemory
{
    private const string Status = "/proc/self/status";
    private const string ClearPeak = "/proc/self/clear_refs";

    /// <summary>Bytes now.</summary>
    public static long Now() => Read("VmRSS:") ?? Current().WorkingSet64;

    /// <summary>Runs <paramref name="action"/> once; by how many bytes the process grew while it ran, at its highest.</summary>
    public static long PeakGrowth(Action action)
    {
        var (before, peak) = Watch(action);
        return Math.Max(0, peak - before);
    }

    /// <summary>Runs <paramref name="action"/> once; how many bytes the process held while it ran, at its highest.</summary>
    public static long Peak(Action action) => Watch(action).Peak;

    private static (long Before, long Peak) Watch(Action action)
    {
        GC.Collect();
        if (OperatingSystem.IsLinux())
        {
            GiveBack();
            File.WriteAllText(ClearPeak, "5");
        }

        var before = Now();
        action();
        return (before, Read("VmHWM:") ?? Current().PeakWorkingSet64);
    }

    /// <summary>Freed memory that the allocator keeps would hide what a run needs.</summary>
    private static void GiveBack()
    {
        try
        {
            _ = TrimHeap(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc: the numbers are then a lower bound, as README.md says.
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimHeap(nuint keep);

    private static Process Current()
    {
        var process = Process.GetCurrentProcess();
        process.Refresh();
        return process;
    }

    private static long? Read(string key)
    {
        if (!File.Exists(Status))
            return null;
        var line = File.ReadLines(Status).First(l => l.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
