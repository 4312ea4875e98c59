using MedSam2.Network.Runtime;
using static TorchSharp.torch;

namespace MedSam2.Benchmarks;

/// <summary>
/// The fastest matrix multiplication in float32 that this machine does through this library: square products of several sizes, and the
/// same work as a 1 x 1 convolution, which takes another path inside. Everything else is reported as a share of it.
/// </summary>
internal static class MatrixPeak
{
    private static readonly long[] Sides = [512, 1024, 2048];

    /// <summary>Operations a second.</summary>
    public static double Measure()
    {
        var best = 0.0;
        foreach (var side in Sides)
        {
            using var scope = new InferenceScope();
            var (a, b) = (rand(side, side), rand(side, side));
            var filter = b.view(side, side, 1, 1);
            var image = a.view(32, side / 32, 1, side).permute(0, 3, 1, 2);
            var flops = 2.0 * side * side * side;
            best = Math.Max(best, flops / Stopwatches.Measure(() => a.mm(b).Dispose()).Best.TotalSeconds);
            best = Math.Max(best, flops / Stopwatches.Measure(() => nn.functional.conv2d(image, filter).Dispose()).Best.TotalSeconds);
        }

        return best;
    }
}
