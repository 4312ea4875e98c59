using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Convolutions from few channels to few, which libtorch 2.10 gets wrong on CPUs in two ways, and what is done in its place.
/// <list type="bullet">
/// <item>In bfloat16 on AMD CPUs with AVX-512 their channels do not fill oneDNN's blocks, and they come out wrong by 10 to 100 % (one channel to four,
/// 3 x 3; three to eight, 7 x 7), so that every memory of a slice would be. There float32 does them.</item>
/// <item>The gradient of a picture of one channel, up to some 100 x 100 pixels, is partly what lay in memory before: another one each time, or no
/// number at all. Where that gradient is wanted, a matrix product does the convolution.</item>
/// </list>
/// </summary>
internal static class NarrowConvolution
{
    private const int Block = 16;

    /// <param name="convolution">Without groups or dilation.</param>
    /// <param name="x"><c>[B,C,H,W]</c>.</param>
    /// <returns>What <c>forward</c> should return, in the type of <paramref name="x"/>.</returns>
    public static Tensor Convolve(this Conv2d convolution, Tensor x)
    {
        if (x.device_type == TorchSharp.DeviceType.CPU && convolution.in_channels == 1 && x.requires_grad && is_grad_enabled())
            return Unfolded(convolution, x);
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

    /// <summary>The same by one matrix product of the kernels and all windows of the picture.</summary>
    private static Tensor Unfolded(Conv2d convolution, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (stride, padding, kernel) = (convolution.stride!, convolution.padding!, convolution.weight.shape);
        long Side(int axis) => ((x.size(axis + 2) + (2 * padding[axis]) - kernel[axis + 2]) / stride[axis]) + 1;
        var windows = nn.functional.unfold(x, (kernel[2], kernel[3]), padding: (padding[0], padding[1]), stride: (stride[0], stride[1])); // B,kh*kw,L
        var result = matmul(convolution.weight.view(kernel[0], -1), windows);
        if (convolution.bias is { } bias)
            result = result + bias.view(1, -1, 1);
        return result.view(x.size(0), kernel[0], Side(0), Side(1)).MoveToOuterDisposeScope();
    }

    /// <summary>One layer after the other.</summary>
    public static Tensor Forward(this IEnumerable<nn.Module<Tensor, Tensor>> layers, Tensor x)
    {
        foreach (var layer in layers)
            x = layer is Conv2d convolution ? convolution.Convolve(x) : layer.forward(x);
        return x;
    }
}
