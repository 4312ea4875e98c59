using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Gives freed memory back to the system. glibc keeps what lies between live blocks: with large short-lived tensors among small ones that stay,
/// a long propagation would hold ever more memory (twice as much after 1,000 slices) though the tensors in use stay as many.
/// </summary>
public static class NativeHeap
{
    private const long Growth = 32 << 20; // bytes of resident memory since the last time
    private const int Interval = 16; // calls: giving back costs milliseconds, and as many to take again what the next slice needs
    private const string Memory = "/proc/self/statm";

    private const int TrimThreshold = -1; // mallopt's names
    private const int TopPad = -2;
    private const int MmapThreshold = -3;
    private const int MostArenas = -8;

    private const int Arenas = 4;

    private static readonly Lock Gate = new();
    private static bool isSupported = OperatingSystem.IsLinux() && File.Exists(Memory);
    private static long level = long.MaxValue;
    private static int calls;

    /// <summary>To be called after each slice of long work; looks now and then whether there is something to give back. Does nothing where the process has not grown, and on other systems than glibc's.</summary>
    /// <returns>Whether memory was given back.</returns>
    public static bool TrimIfGrown()
    {
        if (!isSupported || Interlocked.Increment(ref calls) % Interval != 0)
            return false;
        lock (Gate)
        {
            var resident = Resident();
            level = Math.Min(level, resident);
            if (resident - level < Growth)
                return false;
            try
            {
                _ = Trim(0);
            }
            catch (EntryPointNotFoundException)
            {
                isSupported = false; // another C library, which does this its own way
                return false;
            }

            level = Resident();
            return true;
        }
    }

    /// <summary>
    /// From now on freed memory is kept for the next tensor. glibc maps each large block anew and gives it back at once, so that the system clears its
    /// pages again and again: in training, whose tensors are of the same sizes in every step, that costs a good part of the time. For a process that
    /// does nothing else. Few heaps are kept: each holds what the threads on it needed at most, and a training of hours spreads its large
    /// blocks over all of them (with glibc's eight a core, 20 GB where four hold 8). Does nothing on other systems than glibc's.
    /// </summary>
    /// <returns>Whether memory is kept.</returns>
    public static bool KeepFreed()
    {
        if (!isSupported)
            return false;
        try
        {
            // An older glibc takes no more than 32 MB; where it takes neither, the others would only freeze the threshold where it is.
            return (Option(MmapThreshold, 1 << 30) || Option(MmapThreshold, 32 << 20)) && Option(TrimThreshold, int.MaxValue) && Option(TopPad, 64 << 20)
                && Option(MostArenas, Arenas);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }

        static bool Option(int option, int value) => SetOption(option, value) == 1;
    }

    /// <summary>Bytes of memory that the process holds.</summary>
    private static long Resident()
    {
        Span<byte> line = stackalloc byte[256];
        using var file = File.OpenHandle(Memory);
        line = line[..RandomAccess.Read(file, line, 0)];
        line = line[(line.IndexOf((byte)' ') + 1)..]; // the second number, in pages
        return Utf8Parser.TryParse(line, out long pages, out _)
            ? pages * Environment.SystemPageSize
            : throw new InvalidDataException($"{Memory} does not say how much memory the process holds.");
    }

    [DllImport("libc", EntryPoint = "mallopt", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);

    [DllImport("libc", EntryPoint = "malloc_trim", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nuint keep);
}
