using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace MedSam2.Network;

/// <summary>Sets a share of elements to 0 at random and scales the others up, so that the mean stays.</summary>
/// <remarks>
/// libtorch draws on a CPU one number after the other, on one thread, which took a fifth of a training step on sequences. Here eight xorshift
/// generators (Marsaglia, 2003) draw at once. They begin from one number of torch's own generator: the same seed gives the same masks.
/// </remarks>
internal static class Dropout
{
    /// <param name="x">Any shape.</param>
    /// <param name="share">Of the elements that are dropped, from 0 to below 1.</param>
    public static Tensor Apply(Tensor x, double share)
    {
        if (share == 0)
            return x;
        if (x.device_type != TorchSharp.DeviceType.CPU || x.dtype != ScalarType.Float32 || x.numel() > int.MaxValue / sizeof(float))
            return dropout(x, share, training: true);
        using var scope = NewDisposeScope();
        var mask = empty(x.shape, ScalarType.Float32);
        Fill(MemoryMarshal.Cast<byte, float>(mask.bytes), share, (ulong)randint(long.MaxValue, [1], ScalarType.Int64).item<long>());
        return (x * mask).MoveToOuterDisposeScope();
    }

    /// <summary>0 where an element is dropped, 1 / (1 - share) elsewhere.</summary>
    private static void Fill(Span<float> mask, double share, ulong seed)
    {
        var state = Vector256.Create(SplitMix(ref seed), SplitMix(ref seed), SplitMix(ref seed), SplitMix(ref seed)).AsUInt32() | Vector256<uint>.One; // never 0
        var kept = Vector256.Create((uint)Math.Round((1 - share) * uint.MaxValue));
        var scale = Vector256.Create((float)(1 / (1 - share)));
        Span<float> last = stackalloc float[Vector256<float>.Count];
        for (var n = 0; n < mask.Length; n += Vector256<float>.Count)
        {
            state ^= state << 13;
            state ^= state >>> 17;
            state ^= state << 5;
            var values = Vector256.LessThan(state, kept).AsSingle() & scale;
            if (mask.Length - n >= Vector256<float>.Count)
            {
                values.CopyTo(mask[n..]);
                continue;
            }

            values.CopyTo(last);
            last[..(mask.Length - n)].CopyTo(mask[n..]);
        }
    }

    private static ulong SplitMix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
