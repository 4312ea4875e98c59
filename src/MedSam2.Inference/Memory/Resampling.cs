namespace MedSam2.Inference.Memory;

/// <summary>
/// MedSAM-2's weighted resampling: before memory attention on slice t, memory i counts with probability
/// <c>p_i = softmax_i(cos(F_t, F_i) / T)</c>, F being the image features before memory conditioning. The weight of a
/// memory is a bias on the attention scores of its keys.
/// </summary>
internal static class Resampling
{
    /// <summary><c>softmax(cosines / temperature)</c>.</summary>
    public static double[] Probabilities(IReadOnlyList<double> cosines, double temperature)
    {
        if (cosines.Count == 0)
            return [];
        var greatest = cosines.Max();
        var p = cosines.Select(c => Math.Exp((c - greatest) / temperature)).ToArray();
        var sum = p.Sum();
        return [.. p.Select(value => value / sum)];
    }

    /// <summary>
    /// <c>log(n p_i)</c>: n draws with replacement hold memory i <c>n p_i</c> times on average, and a key that occurs
    /// m times weighs in a softmax like one key with the bias <c>log m</c>. This is attention to the pooled memories of
    /// many draws. It is also the mean output of single draws where the memories match a query equally well; elsewhere
    /// the two differ in second order, since each draw normalises its own attention.
    /// </summary>
    public static double[] ExpectedBias(IReadOnlyList<double> probabilities) =>
        [.. probabilities.Select(p => Math.Log(probabilities.Count * p))];

    /// <summary>
    /// <c>log m_i</c> for the m_i of one draw of n memories with replacement; negative infinity for what was not drawn.
    /// Attending with it equals attending to the drawn memories, repeated ones as often as they were drawn.
    /// </summary>
    public static double[] DrawnBias(IReadOnlyList<double> probabilities, Random random)
    {
        var times = new int[probabilities.Count];
        for (var draw = 0; draw < times.Length; draw++)
            times[Draw(probabilities, random.NextDouble())]++;
        return [.. times.Select(m => Math.Log(m))];
    }

    private static int Draw(IReadOnlyList<double> probabilities, double u)
    {
        for (var i = 0; i < probabilities.Count - 1; i++)
        {
            u -= probabilities[i];
            if (u < 0)
                return i;
        }

        return probabilities.Count - 1;
    }
}
