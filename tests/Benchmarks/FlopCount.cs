using MedSam2.Network;

namespace MedSam2.Benchmarks;

/// <summary>
/// Floating-point operations of the network's parts for one image or one object, counted from the configuration: two for each
/// multiply-and-add of a matrix product, an attention or a convolution. Norms, nonlinearities, softmax and sums are left out, as
/// is usual; a machine that did nothing else would reach 100 % of its matrix peak.
/// </summary>
internal sealed class FlopCount(Sam2Configuration configuration)
{
    private const int MlpWidth = 2048; // of the decoder's two-way transformer
    private const int MaskTokens = 4;

    private readonly double hidden = configuration.HiddenDim;
    private readonly double tokens = Square(configuration.EmbeddingSize);

    /// <summary>Trunk, neck, and the decoder's two projections that run once an image.</summary>
    public double ImageEncoder()
    {
        var trunk = configuration.ImageEncoder.Trunk;
        var side = configuration.ImageSize / 4;
        var flops = Matrix(Square(side), 3 * 7 * 7, trunk.EmbedDim);
        var block = 0;
        for (var stage = 0; stage < trunk.Stages.Count; stage++)
        {
            for (var n = 0; n < trunk.Stages[stage]; n++, block++)
            {
                var first = n == 0 && stage > 0;
                var before = first ? stage - 1 : stage;
                var pooled = first && stage <= trunk.QPool;
                var (width, widthOut) = (Width(trunk, before), Width(trunk, stage));
                var window = trunk.GlobalAttBlocks.Contains(block) ? 0 : trunk.WindowSpec[before];
                flops += Block(side, width, widthOut, window, pooled);
                if (pooled)
                    side /= 2;
            }

            flops += Matrix(Square(side), Width(trunk, stage), configuration.ImageEncoder.Neck.DModel);
        }

        if (configuration.UseHighResFeaturesInSam)
            flops += Matrix(16 * tokens, hidden, hidden / 8) + Matrix(4 * tokens, hidden, hidden / 4);
        return flops;
    }

    /// <param name="promptTokens">Points, and one more for the filling that every prompt has.</param>
    public double MaskDecoder(int promptTokens)
    {
        var queries = promptTokens + MaskTokens + 1 + (configuration.PredObjScores ? 1 : 0);
        var layer = Attention(queries, queries, hidden, hidden)
            + (2 * Attention(queries, tokens, hidden, hidden / 2))
            + Matrix(queries, hidden, MlpWidth) + Matrix(queries, MlpWidth, hidden);
        var upscaling = Matrix(tokens, hidden, hidden / 4 * 4) + Matrix(4 * tokens, hidden / 4, hidden / 8 * 4);
        var kernels = MaskTokens * ((2 * Matrix(1, hidden, hidden)) + Matrix(1, hidden, hidden / 8));
        return (2 * layer) + Attention(queries, tokens, hidden, hidden / 2) + upscaling + kernels + Matrix(MaskTokens, hidden / 8, 16 * tokens);
    }

    /// <param name="memoryTokens">Of all memories and pointers.</param>
    public double MemoryAttention(double memoryTokens)
    {
        var layer = configuration.MemoryAttention.Layer;
        double inner = layer.CrossAttention.EmbeddingDim / layer.CrossAttention.DownsampleRate;
        double keyWidth = layer.CrossAttention.KvInDim ?? configuration.HiddenDim;
        var cross = Matrix(tokens, hidden, inner) + Matrix(tokens, inner, hidden) + (2 * Matrix(memoryTokens, keyWidth, inner))
            + (2 * Matrix(tokens, inner, memoryTokens));
        var perceptron = Matrix(tokens, hidden, layer.DimFeedforward) + Matrix(tokens, layer.DimFeedforward, hidden);
        var self = Attention(tokens, tokens, hidden, layer.SelfAttention.EmbeddingDim / layer.SelfAttention.DownsampleRate);
        return configuration.MemoryAttention.NumLayers * (self + cross + perceptron);
    }

    public double MemoryEncoder()
    {
        var encoder = configuration.MemoryEncoder;
        var sampler = encoder.MaskDownsampler;
        var (channels, side, flops) = (1, configuration.ImageSize, 0.0);
        for (var stride = 1; stride < sampler.TotalStride; stride *= sampler.Stride)
        {
            var wider = channels * sampler.Stride * sampler.Stride;
            side /= sampler.Stride;
            flops += Matrix(Square(side), channels * Square(sampler.KernelSize), wider);
            channels = wider;
        }

        double width = encoder.InDim;
        var fuser = encoder.Fuser.Layer;
        var depthwise = Matrix(tokens, Square(fuser.KernelSize) * (fuser.UseDwconv ? 1 : width), width);
        var block = depthwise + Matrix(tokens, width, 4 * width) + Matrix(tokens, 4 * width, width);
        return flops + Matrix(tokens, channels, sampler.EmbedDim) + Matrix(tokens, width, width)
            + (encoder.Fuser.NumLayers * block) + Matrix(tokens, width, encoder.OutDim);
    }

    /// <summary>Windows are counted whole: what they cover beyond the map takes part in attention, though not in the projections.</summary>
    private static double Block(double side, double width, double widthOut, int window, bool pooled)
    {
        var (count, countOut) = (Square(side), Square(pooled ? side / 2 : side));
        var attention = 0.0;
        if (window == 0)
        {
            attention = 2 * Matrix(count, widthOut, count);
        }
        else
        {
            var windows = Square(Math.Ceiling(side / window));
            attention = windows * 2 * Matrix(Square(pooled ? window / 2 : window), widthOut, Square(window));
        }

        var shortcut = width == widthOut ? 0 : Matrix(count, width, widthOut);
        return shortcut + Matrix(count, width, 3 * widthOut) + attention + Matrix(countOut, widthOut, widthOut)
            + (2 * Matrix(countOut, widthOut, 4 * widthOut));
    }

    private static double Attention(double queries, double keys, double width, double inner) =>
        (2 * Matrix(queries, width, inner)) + (2 * Matrix(keys, width, inner)) + (2 * Matrix(queries, inner, keys));

    private static double Matrix(double rows, double inner, double columns) => 2 * rows * inner * columns;

    private static double Square(double side) => side * side;

    private static double Width(HieraConfiguration trunk, int stage) => trunk.EmbedDim * Math.Pow(trunk.DimMul, stage);
}
