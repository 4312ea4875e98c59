using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Training.Recipes;

/// <summary>
/// Moves the bias of the occlusion head to where it errs as seldom on slices without the object as on slices with it: in training
/// most slices hold their object, in a volume most do not.
/// </summary>
internal static class OcclusionCalibration
{
    private const string Head = "sam_mask_decoder.pred_obj_score_head.";
    private const int Rounds = 2; // what is found present is remembered, so the scores themselves move a little

    /// <summary>Changes the network's occlusion head, if it has one.</summary>
    public static void Apply(Sam2Model model, SceneValidation scenes)
    {
        if (!model.Configuration.PredObjScores)
            return;
        using var noGradient = no_grad();
        var bias = model.named_parameters().Where(p => p.name.StartsWith(Head, StringComparison.Ordinal) && p.name.EndsWith(".bias", StringComparison.Ordinal)).Last().parameter;
        for (var round = 0; round < Rounds; round++)
            bias.sub_(Threshold(scenes.Presence(model)));
    }

    /// <summary>
    /// The score above which an object should count as present: the best mean of both rates, but below nearly all prompted slices,
    /// since what a person points at is there. 0 where there is nothing to weigh.
    /// </summary>
    internal static double Threshold(IReadOnlyList<PresenceScore> scores)
    {
        float[] there = [.. scores.Where(s => s.IsThere && !s.IsPrompted).Select(s => s.Score).Order()];
        float[] absent = [.. scores.Where(s => !s.IsThere && !s.IsPrompted).Select(s => s.Score).Order()];
        float[] prompted = [.. scores.Where(s => s.IsPrompted).Select(s => s.Score).Order()];
        if (there.Length == 0 || absent.Length == 0)
            return 0;
        var highest = prompted.Length > 0 ? prompted[prompted.Length / 200] - 1 : float.PositiveInfinity;
        var (best, threshold) = (double.NegativeInfinity, 0.0);
        float[] borders = [.. there.Concat(absent).Order()];
        for (var n = 0; n + 1 < borders.Length; n++)
        {
            var middle = (borders[n] + borders[n + 1]) / 2;
            var rate = (there.Count(s => s > middle) / (double)there.Length) + (absent.Count(s => s <= middle) / (double)absent.Length);
            if (rate > best && middle <= highest)
                (best, threshold) = (rate, middle);
        }

        return threshold;
    }
}
