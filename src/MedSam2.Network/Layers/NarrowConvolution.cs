using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Convolutions whose channels do not fill oneDNN's blocks. In bfloat16 on AMD CPUs with AVX-512 such ones, from few channels to few, come out wrong by
/// 10 to 100 % (libtorch 2.10: one channel to four, 3 x 3; three to eight, 7 x 7), so that every memory of a slice would be. There float32 does them.
/// </summary>
internal static class NarrowConvolution
{
    private const int Block = 16;

    /// <param name="convolution">Without groups or dilation.</param>
    /// <param name="x"><c>[B,C,H,W]</c>.</param>
    /// <returns>What <c>forward</c> should return, in the type of <paramref name="x"/>.</returns>
    public static Tensor Convolve(this Conv2d convolution, Tensor x)
    {
        if (x.dtype != ScalarType.BFloat16 || x.device_type != TorchSharp.DeviceType.CPU || convolution.out_channels % Block == 0)
            return convolution.forward(x);
        using var scope = NewDisposeScope();
        var (stride, padding) = (convolution.stride!, convolution.padding!);
        return nn.functional.conv2d(
            x.to(ScalarType.Float32),
            convolution.weight.to(ScalarType.Float32),
            convolution.bias?.to(ScalarType.Float32),
            stride,
            padding).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
    }

    /// <summary>One layer after the other.</summary>
    public static Tensor Forward(this IEnumerable<nn.Module<Tensor, Tensor>> layers, Tensor x)
    {
        foreach (var layer in layers)
            x = layer is Conv2d convolution ? convolution.Convolve(x) : layer.forward(x);
        return x;
    }
}
