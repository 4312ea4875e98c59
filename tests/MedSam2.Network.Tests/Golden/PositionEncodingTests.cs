using MedSam2.NetworkTestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

public sealed class PositionEncodingTests : IDisposable
{
    private readonly GoldenFile golden = GoldenFile.Open("toy", "pos_enc");

    [Theory]
    [InlineData(32, 8, 8)]
    [InlineData(8, 8, 8)]
    [InlineData(32, 5, 7)]
    [InlineData(64, 16, 12)]
    [InlineData(256, 4, 4)]
    public void Two_dimensional_sine_matches(int width, int rows, int columns)
    {
        using var sine = new PositionEmbeddingSine(new SinePositionConfiguration(width));

        golden.AssertMatches($"sine.d{width}.{rows}x{columns}", sine.Table(rows, columns, CPU, ScalarType.Float32)[0], GoldenFile.Table);
    }

    [Theory]
    [InlineData(32, 7)]
    [InlineData(256, 15)]
    public void One_dimensional_sine_matches(int width, int longest)
    {
        using var positions = golden["pe1d.pos"].to(ScalarType.Float32) / longest;

        golden.AssertMatches($"pe1d.d{width}.tmax{longest}", PositionEmbeddingSine.OneDimensional(positions, width), GoldenFile.Table);
    }

    [Theory]
    [InlineData(32, 8, 8)]
    [InlineData(32, 4, 6)]
    [InlineData(256, 4, 4)]
    public void Rotations_match(int headDim, int columns, int rows)
    {
        using var rotary = new RotaryEncoding(headDim, 10000);

        using var table = rotary.Table(rows, columns, CPU).view_as_real();

        golden.AssertMatches($"rope.cos.d{headDim}.w{columns}h{rows}", table.select(-1, 0), GoldenFile.Table);
        golden.AssertMatches($"rope.sin.d{headDim}.w{columns}h{rows}", table.select(-1, 1), GoldenFile.Table);
    }

    [Fact]
    public void Rotated_queries_and_repeated_keys_match()
    {
        using var rotary = new RotaryEncoding(32, 10000);

        golden.AssertMatches("rope.q_out", rotary.Rotate(golden["rope.q"], 8, 8), GoldenFile.Table, GoldenFile.Table);
        golden.AssertMatches("rope.k_out", rotary.Rotate(golden["rope.k"], 8, 8), GoldenFile.Table, GoldenFile.Table);
    }

    [Fact]
    public void Random_fourier_encoding_matches()
    {
        using var frozen = no_grad();
        var encoder = ToyModel.Get().PromptEncoder;

        golden.AssertMatches("dense_pe", encoder.GetDensePe(), GoldenFile.Table);
        golden.AssertMatches("random_pe.out", encoder.pe_layer.forward(golden["random_pe.coords"] / 128), GoldenFile.Table);
    }

    public void Dispose() => golden.Dispose();
}
