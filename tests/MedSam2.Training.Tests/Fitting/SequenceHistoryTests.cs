using MedSam2.Network;
using MedSam2.NetworkTestSupport;
using MedSam2.Training.Fitting;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Training.Tests.Fitting;

public class SequenceHistoryTests
{
    [Fact]
    public void Prompted_slices_stay_and_the_others_are_known_by_how_long_ago_they_were()
    {
        using var scope = NewDisposeScope();
        using var model = FormulaModel.Create("toy");
        var conditioning = model.Configuration.NumMaskmem - 1;
        var history = new SequenceHistory(model);
        for (var slice = 0; slice < 12; slice++)
            history.Add(slice, Answer(score: slice is 3 or 10 ? -1 : 1, logit: slice is 4 or 7 ? -1 : 1), full(1, 1, 1, 1, (float)slice), isPrompted: slice is 0 or 3 or 4);

        var memories = history.At(12).Memories;

        Assert.Equal(7, model.Configuration.NumMaskmem);
        Assert.Equal([0, 3, 4, 6, 7, 8, 9, 10, 11], memories.Select(m => m.Features.item<float>()));
        Assert.Equal([conditioning, conditioning, conditioning, 5, 4, 3, 2, 1, 0], memories.Select(m => m.TemporalRows.Single()!.Value));
        Assert.Equal([3, 4, 10], memories.Where(m => m.AttentionBias is [float.NegativeInfinity]).Select(m => m.Features.item<float>())); // without the object, no memory of it
    }

    private static SamOutput Answer(float score, float logit) => new(zeros(1), zeros(1), zeros(1), zeros(1), full(1, 1, 2, 2, logit), zeros(1, 8), full(1, 1, score));
}
