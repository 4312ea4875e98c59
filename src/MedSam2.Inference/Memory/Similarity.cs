using static TorchSharp.torch;

namespace MedSam2.Inference.Memory;

/// <summary>Cosines and what the memory bank derives from them, in double precision.</summary>
internal static class Similarity
{
    /// <summary>A map as a flat vector of length one.</summary>
    public static Tensor Direction(Tensor map)
    {
        using var scope = NewDisposeScope();
        var vector = map.detach().to(ScalarType.Float64).flatten();
        return vector.div(vector.norm().clamp_min(1e-12)).MoveToOuterDisposeScope();
    }

    public static double Cosine(Tensor directionA, Tensor directionB)
    {
        using var product = directionA.dot(directionB);
        return product.item<double>();
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
                var distance = 1 - Cosine(directions[i], directions[j]);
                sums[i] += distance;
                sums[j] += distance;
            }
        }

        return sums;
    }
}
