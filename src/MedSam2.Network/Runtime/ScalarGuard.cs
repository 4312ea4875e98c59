using System.Runtime.InteropServices;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Keeps the native side of TorchSharp's scalars alive long enough. TorchSharp 0.107 hands a scalar's handle to libtorch and
/// then forgets the scalar: a garbage collection at that moment lets the finaliser free it while the operation is still reading it. The
/// operation then fails, or silently computes with another number. Every <c>a + b</c> has such a scalar (alpha, 1), and
/// the busier the process, the likelier the accident.
/// </summary>
/// <remarks>
/// There is no managed seam to mend this at, so the bridge's deleter is led to <see cref="Retire"/>, which frees a scalar only after
/// <see cref="Retired"/> newer ones: no operation lasts that long. Linux on x64 only; three megabytes at most.
/// </remarks>
internal static unsafe partial class ScalarGuard
{
    /// <summary>Scalars that are waiting to be freed, at most; a power of two.</summary>
    private const int Retired = 1 << 16;

    private const string Deleter = "THSTorch_dispose_scalar";
    private const int ReadWriteExecute = 7;
    private const int ReadExecute = 5;

    private static readonly nint[] Waiting = new nint[Retired];
    private static long next;

    /// <summary>To be called once, right after the bridge is loaded and before anything uses it.</summary>
    /// <returns>Whether scalars are guarded from now on.</returns>
    public static bool TryInstall(nint bridge)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !NativeLibrary.TryGetExport(bridge, Deleter, out var deleter))
        {
            return false;
        }

        // mov rax, target; jmp rax
        Span<byte> jump = [0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0];
        delegate* unmanaged<nint, void> target = &Retire;
        MemoryMarshal.Write(jump[2..], (nint)target);

        var page = deleter & ~((nint)Environment.SystemPageSize - 1);
        var length = deleter + jump.Length - page;
        if (Protect(page, length, ReadWriteExecute) != 0)
            return false; // a hardened system that lets no program change its code
        jump.CopyTo(new Span<byte>((void*)deleter, jump.Length));
        _ = Protect(page, length, ReadExecute);
        return true;
    }

    /// <summary>Takes the place of the bridge's <c>delete scalar</c>. Scalars of numbers need no destructor: freeing is all of it.</summary>
    [UnmanagedCallersOnly]
    private static void Retire(nint scalar)
    {
        var slot = Interlocked.Increment(ref next) & (Retired - 1);
        var oldest = Interlocked.Exchange(ref Waiting[slot], scalar);
        if (oldest != 0)
            NativeMemory.Free((void*)oldest);
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(nint address, nint length, int protection);
}
