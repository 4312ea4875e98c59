using System.Text;

namespace MedSam2.TestSupport.Formula;

/// <summary>The random stream that the golden files' weights and images come from (tests/golden/README.md, section 1).</summary>
public static class SplitMix
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    /// <summary>64-bit FNV-1a of a name's UTF-8.</summary>
    public static ulong Seed(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ value) * 0x100000001B3;
        return hash;
    }

    /// <summary>Output number <paramref name="index"/> (from 0) of the stream.</summary>
    public static ulong Output(ulong seed, ulong index)
    {
        var z = seed + ((index + 1) * Increment);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Values in [offset - scale, offset + scale), computed in double precision and rounded once.</summary>
    public static float[] Values(string name, long count, double offset, double scale)
    {
        const int chunk = 1 << 16;
        var seed = Seed(name);
        var values = new float[count];
        Parallel.For(0, (int)((count + chunk - 1) / chunk), c =>
        {
            var first = c * chunk;
            var part = values.AsSpan(first, Math.Min(chunk, values.Length - first));
            for (var i = 0; i < part.Length; i++)
            {
                var x = ((Output(seed, (ulong)(first + i)) >> 40) / 16777216.0 * 2) - 1;
                var product = scale * x;
                part[i] = (float)(offset + product);
            }
        });
        return values;
    }
}
