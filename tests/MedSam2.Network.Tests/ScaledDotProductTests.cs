using System.Runtime.InteropServices;
using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests;

public class ScaledDotProductTests
{
    public static TheoryData<long, long, long, long, ScalarType> Shapes { get; } = new()
    {
        { 1, 1, 64, 64, ScalarType.Float32 },
        { 1100, 1, 64, 64, ScalarType.Float32 }, // more windows than a piece holds
        { 3, 4, 49, 196, ScalarType.Float32 }, // pooled queries
        { 1, 2, 700, 400, ScalarType.Float32 },
        { 2, 1, 1100, 5000, ScalarType.BFloat16 }, // more rows than a piece holds
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_kernel_agrees_with_the_definition(long batch, long heads, long queries, long keys, ScalarType type)
    {
        using var scope = new InferenceScope();
        var (q, k, v) = (Input("q", batch, heads, queries, 16), Input("k", batch, heads, keys, 16), Input("v", batch, heads, keys, 16));
        var biases = new Tensor?[] { null, Input("bias", batch, 1, 1, keys), Input("bias", 1, 1, queries, keys) };

        foreach (var bias in biases)
        {
            var products = (q / 4).matmul(k.transpose(-2, -1));
            var expected = (bias is null ? products : products + bias).softmax(-1).matmul(v);

            var actual = ScaledDotProduct.Attend(q.to(type), k.to(type), v.to(type), bias?.to(type));

            GoldenFile.AssertClose(expected, actual, type == ScalarType.Float32 ? 1e-5 : 2e-2, 0);
        }
    }

    [Fact]
    public void Gradients_are_those_of_the_definition_however_many_keys()
    {
        using var scope = NewDisposeScope();
        var (q, k, v, bias) = (Learnt("q", 2, 1, 60, 16), Learnt("k", 2, 1, 900, 16), Learnt("v", 2, 1, 900, 16), Input("bias", 2, 1, 1, 900));
        Tensor[] inputs = [q, k, v];
        ((q / 4).matmul(k.transpose(-2, -1)) + bias).softmax(-1).matmul(v).square().sum().backward();
        Tensor[] expected = [.. inputs.Select(i => i.grad!.clone())];
        foreach (var input in inputs)
            input.grad = null;

        ScaledDotProduct.Attend(q, k, v, bias).square().sum().backward();

        foreach (var (input, gradient) in inputs.Zip(expected))
            GoldenFile.AssertClose(gradient, input.grad!, 1e-4, 1e-5);

        static Tensor Learnt(string name, params long[] shape) => Input(name, shape).detach().clone().requires_grad_();
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)] // products of our own
    public void Sizes_that_do_not_fit_are_an_exception_and_not_the_end_of_the_process(ScalarType type)
    {
        using var scope = new InferenceScope();
        var (q, k) = (Input("q", 1, 1, 4, 16).to(type), Input("k", 1, 1, 4, 8).to(type));

        Assert.Throws<ExternalException>(() => ScaledDotProduct.Attend(q, k, k));
    }

    [Fact]
    public void Matrix_products_keep_the_precision_of_float32()
    {
        using var scope = new InferenceScope();
        OneDnnMatmul.Enable();
        var (a, b) = (Input("a", 1, 1, 500, 700), Input("b", 1, 1, 700, 300));

        var exact = a.to(ScalarType.Float64).matmul(b.to(ScalarType.Float64));

        GoldenFile.AssertClose(exact, a.matmul(b), 1e-4, 1e-6);
    }

    private static Tensor Input(string name, params long[] shape) => FormulaModel.Input(name, shape, 0, 2);
}
