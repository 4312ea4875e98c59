using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>Cosines, and what the memory bank derives from them.</summary>
internal static class Similarity
{
    private const double SmallestNorm = 1e-12;

    /// <summary>A map as a flat vector of length one, in double precision, so that equal maps have equal cosines.</summary>
    public static Tensor Direction(Tensor map)
    {
        using var scope = NewDisposeScope();
        var vector = map.detach().to(ScalarType.Float64).flatten();
        return vector.div(vector.norm().clamp_min(SmallestNorm)).MoveToOuterDisposeScope();
    }

    /// <summary>The cosine of two directions.</summary>
    public static double Dot(Tensor directionA, Tensor directionB)
    {
        using var product = directionA.dot(directionB);
        return product.item<double>();
    }

    /// <summary>The cosine of two maps of the same shape.</summary>
    public static double Cosine(Tensor mapA, Tensor mapB)
    {
        using var scope = NewDisposeScope();
        var a = mapA.detach().to(ScalarType.Float32).flatten();
        var b = mapB.detach().to(ScalarType.Float32).flatten();
        return a.dot(b).item<float>() / Math.Max(a.norm().item<float>() * (double)b.norm().item<float>(), SmallestNorm);
    }

    /// <summary>
    /// How much each candidate differs from all the others: <c>d_i = sum over j != i of (1 - cos(E_i, E_j))</c>.
    /// </summary>
    public static double[] Dissimilarities(IReadOnlyList<Tensor> directions)
    {
        var sums = new double[directions.Count];
        for (var i = 0; i < sums.Length; i++)
        {
            for (var j = i + 1; j < sums.Length; j++)
            {
                var distance = 1 - Dot(directions[i], directions[j]);
                sums[i] += distance;
                sums[j] += distance;
            }
        }

        return sums;
    }
}
