using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Rotary position encoding on a map (RoPE, two-dimensional): neighbouring channel pairs turn by an angle that grows with x in the first
/// half of the pairs and with y in the second. Tokens are row-major.
/// </summary>
public sealed class RotaryEncoding(int headDim, double theta) : IDisposable
{
    private readonly TableCache cache = new();

    /// <returns>Complex unit numbers <c>[height*width, headDim/2]</c>, owned by this object.</returns>
    public Tensor Table(long height, long width, Device device) =>
        cache.Get(height, width, device, ScalarType.ComplexFloat32, () => Compute(height, width));

    /// <summary>Turns <paramref name="tokens"/>, which may be several maps one after the other, each turned alike.</summary>
    /// <param name="tokens"><c>[B,heads,maps*height*width,headDim]</c>.</param>
    /// <param name="height">Tokens.</param>
    /// <param name="width">Tokens.</param>
    public Tensor Rotate(Tensor tokens, long height, long width)
    {
        using var scope = NewDisposeScope();
        var (batch, heads, count) = (tokens.size(0), tokens.size(1), tokens.size(2));
        var pairs = tokens.to(ScalarType.Float32)
            .reshape(batch, heads, count / (height * width), height * width, headDim / 2, 2)
            .view_as_complex(); // B,heads,maps,h*w,headDim/2
        var turned = (pairs * Table(height, width, tokens.device)).view_as_real();
        return turned.reshape(batch, heads, count, headDim).to(tokens.dtype).MoveToOuterDisposeScope();
    }

    public void Dispose() => cache.Dispose();

    private Tensor Compute(long height, long width)
    {
        var quarter = headDim / 4;
        var numbers = new float[height * width * headDim];
        var at = 0;
        for (var token = 0L; token < height * width; token++)
        {
            for (var half = 0; half < 2; half++)
            {
                var position = (float)(half == 0 ? token % width : token / width);
                for (var n = 0; n < quarter; n++)
                {
                    var angle = position * (1f / MathF.Pow((float)theta, 4f * n / headDim));
                    numbers[at++] = MathF.Cos(angle);
                    numbers[at++] = MathF.Sin(angle);
                }
            }
        }

        return tensor(numbers, [height * width, headDim / 2, 2]).view_as_complex();
    }
}
