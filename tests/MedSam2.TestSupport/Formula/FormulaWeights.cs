namespace MedSam2.TestSupport.Formula;

/// <summary>Weights from a formula over their names, so that no trained weights are needed (tests/golden/README.md, section 1).</summary>
public static class FormulaWeights
{
    public static float[] Values(string key, ReadOnlySpan<long> shape)
    {
        var (offset, scale) = Rule(key, shape);
        var count = 1L;
        foreach (var dimension in shape)
            count *= dimension;
        return SplitMix.Values(key, count, offset, scale);
    }

    /// <summary>Offset and scale: the rules R1 to R10 in order, the first that fits.</summary>
    private static (double Offset, double Scale) Rule(string key, ReadOnlySpan<long> shape)
    {
        var isWeight = key.EndsWith(".weight", StringComparison.Ordinal);
        var isBias = key.EndsWith(".bias", StringComparison.Ordinal);
        var parts = key.Split('.');
        if (key.EndsWith("positional_encoding_gaussian_matrix", StringComparison.Ordinal))
            return (0, 1.5);
        if (key.EndsWith(".gamma", StringComparison.Ordinal))
            return (0, 0.5);
        if (isWeight && parts.Any(p => p is "point_embeddings" or "not_a_point_embed" or "no_mask_embed" or "iou_token" or "mask_tokens" or "obj_score_token"))
            return (0, 0.5);
        if (!isWeight && !isBias)
            return (0, 0.5);
        if (key.EndsWith("pred_obj_score_head.layers.2.bias", StringComparison.Ordinal) || key.EndsWith("pred_obj_score_head.bias", StringComparison.Ordinal))
            return (1.5, 0.05);
        if (isBias)
            return (0, 0.05);
        if (shape.Length == 1)
            return (1, 0.1);
        if (key.StartsWith("sam_mask_decoder.output_upscaling.", StringComparison.Ordinal) && shape.Length == 4)
            return (0, Math.Sqrt(3.0 / shape[0]));

        var fan = 1L;
        foreach (var dimension in shape[1..])
            fan *= dimension;
        var isHypernetworkEnd = parts is [.., "output_hypernetworks_mlps", _, "layers", "2", "weight"];
        return (0, (isHypernetworkEnd ? 4 : 1) * Math.Sqrt(3.0 / fan));
    }
}
