using System.Runtime.InteropServices;

namespace MedSam2.Network.Runtime;

/// <summary>
/// While it is open, numbers too small for float32's normal range count as zero on this thread. The gradients of settled masks are
/// full of them, and a processor takes a hundred times as long for each: a training step on sequences takes half the time without.
/// </summary>
/// <remarks>Belongs to the thread that opened it, as dispose scopes do. Where libtorch or the processor cannot do it, nothing changes but the speed.</remarks>
public sealed class DenormalFlush : IDisposable
{
    [ThreadStatic]
    private static int depth; // the outermost one ends it

    private readonly bool isOn = Set(true);

    public DenormalFlush()
    {
        if (isOn)
            depth++;
    }

    public void Dispose()
    {
        if (isOn && --depth == 0)
            Set(false);
    }

    private static bool Set(bool on)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return SetFlushDenormal(on);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // another libtorch
        }
    }

    // at::Context::setFlushDenormal(bool), static, by its mangled name.
    [DllImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context16setFlushDenormalEb")]
    [return: MarshalAs(UnmanagedType.I1)]
    private static extern bool SetFlushDenormal([MarshalAs(UnmanagedType.I1)] bool on);
}
