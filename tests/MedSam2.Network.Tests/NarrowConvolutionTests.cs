using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests;

public class NarrowConvolutionTests
{
    [Theory]
    [InlineData(3, 8, 7, 4, 3)]
    [InlineData(1, 4, 3, 2, 1)]
    [InlineData(1, 1, 4, 4, 0)]
    [InlineData(1, 4, 2, 2, 0)]
    [InlineData(3, 32, 7, 4, 3)]
    [InlineData(4, 16, 3, 2, 1)]
    [InlineData(8, 32, 1, 1, 0)]
    public void Bfloat16_is_as_near_to_float32_as_it_can_be(long from, long to, long kernel, long stride, long padding)
    {
        using var scope = new InferenceScope();
        using var convolution = nn.Conv2d(from, to, kernel, stride: stride, padding: padding);
        foreach (var (name, parameter) in convolution.named_parameters())
            parameter.copy_(FormulaModel.Input(name, parameter.shape, 0, 1).to(ScalarType.BFloat16)); // no digits that are lost below
        var image = FormulaModel.Input("image", [1, from, 64, 64], 0, 1).to(ScalarType.BFloat16);
        var exact = convolution.forward(image.to(ScalarType.Float32));

        convolution.to(ScalarType.BFloat16);
        var near = convolution.Convolve(image);

        Assert.Equal(ScalarType.BFloat16, near.dtype);
        GoldenFile.AssertClose(exact, near.to(ScalarType.Float32), 1e-2, 1e-2);
    }
}
