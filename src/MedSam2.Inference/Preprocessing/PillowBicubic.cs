namespace MedSam2.Inference.Preprocessing;

/// <summary>
/// Resizes 8-bit images exactly as Pillow's default <c>Image.resize</c> does: a bicubic filter (a = -0.5) that widens when
/// it shrinks, in 22-bit fixed point, rounded to 8 bits after each of its two passes. SAM 2's video loader and MedSAM2
/// prepare their slices so; a float resize gives other numbers.
/// </summary>
internal static class PillowBicubic
{
    private const int FractionBits = 32 - 8 - 2;
    private const double Support = 2;

    /// <param name="source">Rows of <paramref name="width"/> pixels, channels interleaved.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="channels">Values in a pixel.</param>
    /// <param name="newWidth">Pixels in a row of the result.</param>
    /// <param name="newHeight">Rows of the result.</param>
    public static byte[] Resize(ReadOnlySpan<byte> source, int width, int height, int channels, int newWidth, int newHeight)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(source.Length, width * height * channels);
        var rows = width == newWidth ? source.ToArray() : ResizeRows(source, width, height, channels, newWidth);
        return height == newHeight ? rows : ResizeColumns(rows, newWidth * channels, height, newHeight);
    }

    private static byte[] ResizeRows(ReadOnlySpan<byte> source, int width, int height, int channels, int newWidth)
    {
        var filter = Filter.Create(width, newWidth);
        var result = new byte[newWidth * height * channels];
        for (var y = 0; y < height; y++)
        {
            var row = source.Slice(y * width * channels, width * channels);
            var target = result.AsSpan(y * newWidth * channels, newWidth * channels);
            for (var x = 0; x < newWidth; x++)
            {
                var weights = filter.Weights(x);
                var first = filter.First(x) * channels;
                for (var c = 0; c < channels; c++)
                {
                    var sum = 1 << (FractionBits - 1);
                    for (int n = 0, offset = first + c; n < weights.Length; n++, offset += channels)
                        sum += row[offset] * weights[n];
                    target[(x * channels) + c] = Clip(sum);
                }
            }
        }

        return result;
    }

    private static byte[] ResizeColumns(ReadOnlySpan<byte> source, int rowLength, int height, int newHeight)
    {
        var filter = Filter.Create(height, newHeight);
        var result = new byte[rowLength * newHeight];
        var sums = new int[rowLength];
        for (var y = 0; y < newHeight; y++)
        {
            Array.Fill(sums, 1 << (FractionBits - 1));
            var weights = filter.Weights(y);
            for (var n = 0; n < weights.Length; n++)
            {
                var weight = weights[n];
                var row = source.Slice((filter.First(y) + n) * rowLength, rowLength);
                for (var x = 0; x < row.Length; x++)
                    sums[x] += row[x] * weight;
            }

            var target = result.AsSpan(y * rowLength, rowLength);
            for (var x = 0; x < target.Length; x++)
                target[x] = Clip(sums[x]);
        }

        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> FractionBits, 0, 255);

    /// <summary>For each output pixel, the first input pixel and the weights from there on.</summary>
    private sealed class Filter(int[] first, int[] counts, int[] weights, int stride)
    {
        public int First(int output) => first[output];

        public ReadOnlySpan<int> Weights(int output) => weights.AsSpan(output * stride, counts[output]);

        public static Filter Create(int size, int newSize)
        {
            var scale = (double)size / newSize;
            var widening = Math.Max(scale, 1);
            var support = Support * widening;
            var stride = ((int)Math.Ceiling(support) * 2) + 1;
            var first = new int[newSize];
            var counts = new int[newSize];
            var weights = new int[newSize * stride];
            var exact = new double[stride];
            for (var output = 0; output < newSize; output++)
            {
                var center = (output + 0.5) * scale;
                var start = Math.Max((int)(center - support + 0.5), 0);
                var end = Math.Min((int)(center + support + 0.5), size);
                var sum = 0.0;
                for (var n = 0; n < end - start; n++)
                    sum += exact[n] = Cubic((n + start - center + 0.5) / widening);
                for (var n = 0; n < end - start; n++)
                    weights[(output * stride) + n] = ToFixedPoint(sum is 0 ? exact[n] : exact[n] / sum);
                first[output] = start;
                counts[output] = end - start;
            }

            return new Filter(first, counts, weights, stride);
        }

        private static int ToFixedPoint(double weight) => (int)((weight * (1 << FractionBits)) + (weight < 0 ? -0.5 : 0.5));

        private static double Cubic(double x)
        {
            const double a = -0.5;
            x = Math.Abs(x);
            return x switch
            {
                < 1 => ((((a + 2) * x) - (a + 3)) * x * x) + 1,
                < 2 => ((((x - 5) * x) + 8) * x - 4) * a,
                _ => 0,
            };
        }
    }
}
