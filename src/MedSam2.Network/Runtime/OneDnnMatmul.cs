using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using static TorchSharp.torch;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Lets oneDNN do float32 matrix products instead of MKL, which takes a slow path on AMD CPUs: twice the speed there at the same precision.
/// </summary>
/// <remarks>
/// libtorch 2.10 routes matrix products to oneDNN only where bfloat16 arithmetic inside is permitted. On CPUs without such kernels oneDNN stays
/// with float32, but on others the permission is used and costs three digits. Therefore it is given on AMD with AVX-512 alone, and taken back if
/// a product then differs from float64 by more than float32 rounding. The decision depends on the machine, not on timing: the same input gives
/// the same output every time.
/// </remarks>
public static class OneDnnMatmul
{
    private const int MkldnnBackend = 2;
    private const int MatmulOperation = 3;
    private const int IeeePrecision = 1;
    private const int Bfloat16Permitted = 3;
    private const double LargestError = 1e-5; // of products of magnitude 1; float32 stays below 2e-6, bfloat16 is near 3e-3

    private static readonly Lazy<bool> Decision = new(Decide);

    /// <summary>Decides once a process, before the first product that matters.</summary>
    /// <returns>True if oneDNN does the products.</returns>
    public static bool Enable() => Decision.Value;

    /// <summary>Runs something as it would be without the switch, for comparison. Not while other threads compute.</summary>
    public static T Without<T>(Func<T> compute)
    {
        if (!Enable())
            return compute();
        SetPrecision(IeeePrecision);
        try
        {
            return compute();
        }
        finally
        {
            SetPrecision(Bfloat16Permitted);
        }
    }

    private static bool Decide()
    {
        if (!OperatingSystem.IsLinux() || !IsAmd() || !Avx512F.IsSupported)
            return false;
        try
        {
            SetPrecision(Bfloat16Permitted);
            if (Error() <= LargestError)
                return true;
            SetPrecision(IeeePrecision);
            return false;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false; // another libtorch, whose switch is elsewhere: MKL stays
        }
    }

    private static bool IsAmd()
    {
        if (!X86Base.IsSupported)
            return false;
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        Span<int> vendor = [ebx, edx, ecx];
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(vendor)) == "AuthenticAMD";
    }

    /// <summary>Largest difference of a float32 product of matrices from the float64 one, where the products are of magnitude 1.</summary>
    private static double Error()
    {
        using var scope = new InferenceScope();
        const int rows = 256, inner = 384, columns = 192;
        var a = Waves(rows, inner, 0.618);
        var b = Waves(inner, columns, 0.414);
        var exact = a.mm(b);
        var product = a.to(ScalarType.Float32).mm(b.to(ScalarType.Float32)).to(ScalarType.Float64);
        return ((product - exact).abs().max() / exact.abs().max()).item<double>();
    }

    private static Tensor Waves(long rows, long columns, double step) =>
        (arange(rows * columns, ScalarType.Float64) * step).sin().view(rows, columns).to(ScalarType.Float32).to(ScalarType.Float64);

    private static void SetPrecision(int precision) => SetFloat32Precision(GlobalContext(), MkldnnBackend, MatmulOperation, precision);

    // at::globalContext() and at::Context::setFloat32Precision(backend, operation, precision), by their mangled names.
    [DllImport("libtorch_cpu.so", EntryPoint = "_ZN2at13globalContextEv")]
    private static extern nint GlobalContext();

    [DllImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context19setFloat32PrecisionENS_14Float32BackendENS_9Float32OpENS_16Float32PrecisionE")]
    private static extern void SetFloat32Precision(nint context, int backend, int operation, int precision);
}
