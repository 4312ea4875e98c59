using System.Runtime.InteropServices;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Keeps libtorch from asking NNPACK, a library for convolutions that is no longer kept: on CPUs newer than it, libtorch writes a warning to the
/// standard error for each attempt, among the few lines that a command has for its user. oneDNN and libtorch's own kernels do all convolutions.
/// </summary>
internal static class Nnpack
{
    /// <returns>Whether it is off now; not elsewhere than on Linux, nor with a libtorch that has no such switch.</returns>
    public static bool TurnOff()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            SetUserEnabled(GlobalContext(), false);
            return true;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // the warnings stay, and nothing else changes
        }
    }

    // at::globalContext() and at::Context::setUserEnabledNNPACK(bool), by their mangled names.
    [DllImport("libtorch_cpu.so", EntryPoint = "_ZN2at13globalContextEv")]
    private static extern nint GlobalContext();

    [DllImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static extern void SetUserEnabled(nint context, [MarshalAs(UnmanagedType.I1)] bool enabled);
}
