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

    [Theory]
    [InlineData(4, 3, 2, 1, 64)]
    [InlineData(4, 3, 2, 1, 96)]
    [InlineData(1, 3, 2, 1, 64)]
    [InlineData(4, 2, 2, 0, 64)]
    [InlineData(16, 4, 4, 0, 128)]
    public void Gradients_of_a_picture_of_one_channel_are_right_whatever_lay_in_memory_before(long to, long kernel, long stride, long padding, long size)
    {
        using var scope = NewDisposeScope();
        using var convolution = nn.Conv2d(1, to, kernel, stride: stride, padding: padding);
        foreach (var (name, parameter) in convolution.named_parameters())
        {
            using var noGradient = no_grad();
            parameter.copy_(FormulaModel.Input(name, parameter.shape, 0, 1));
        }

        var picture = FormulaModel.Input("picture", [2, 1, size, size], 0, 1);
        using var exact = nn.Conv2d(1, to, kernel, stride: stride, padding: padding);
        exact.load_state_dict(convolution.state_dict());
        exact.to(ScalarType.Float64);
        var expected = Gradients(exact, picture.to(ScalarType.Float64), exact.forward);
        for (var n = 0; n < 20; n++)
        {
            using (full([size * size * (n + 1)], double.NaN))
            {
                // What the allocator hands out next is no number.
            }

            foreach (var (right, found) in expected.Zip(Gradients(convolution, picture, convolution.Convolve)))
                GoldenFile.AssertClose(right.to(ScalarType.Float32), found, 1e-4, 1e-4);
        }
    }

    /// <summary>Of picture, kernels and bias, after a loss that is another number for each place.</summary>
    private static Tensor[] Gradients(TorchSharp.Modules.Conv2d convolution, Tensor picture, Func<Tensor, Tensor> forward)
    {
        convolution.zero_grad();
        var x = picture.detach().clone().requires_grad_();
        var y = forward(x);
        (y * FormulaModel.Input("places", y.shape, 0, 1).to(y.dtype)).sum().backward();
        return [x.grad!.clone(), convolution.weight.grad!.clone(), convolution.bias!.grad!.clone()];
    }
}
