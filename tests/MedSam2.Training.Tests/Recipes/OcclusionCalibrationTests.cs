using MedSam2.Training.Recipes;
using Xunit;

namespace MedSam2.Training.Tests.Recipes;

public class OcclusionCalibrationTests
{
    [Fact]
    public void The_threshold_parts_slices_with_the_object_from_those_without()
    {
        PresenceScore[] scores = [Followed(4, true), Followed(5, true), Followed(6, true), Followed(1, false), Followed(3, false), Prompted(20)];

        Assert.InRange(OcclusionCalibration.Threshold(scores), 3, 4);
    }

    [Fact]
    public void Both_rates_weigh_alike_however_many_slices_there_are()
    {
        // Nine of ten present slices lie above 2, all absent ones below: one slice is given up for two.
        var scores = Enumerable.Range(0, 9).Select(n => Followed(3 + n, true)).Append(Followed(0, true)).Append(Followed(1, false)).Append(Followed(2, false)).ToArray();

        Assert.InRange(OcclusionCalibration.Threshold(scores), 2, 3);
    }

    [Fact]
    public void A_prompted_slice_stays_present()
    {
        PresenceScore[] scores = [Followed(9, true), Followed(8, false), Followed(2, true), Followed(1, false), Prompted(5)];

        Assert.True(OcclusionCalibration.Threshold(scores) <= 4);
    }

    [Fact]
    public void Nothing_to_weigh_changes_nothing() => Assert.Equal(0, OcclusionCalibration.Threshold([Followed(1, true), Prompted(3)]));

    private static PresenceScore Followed(float score, bool isThere) => new(score, isThere, IsPrompted: false);

    private static PresenceScore Prompted(float score) => new(score, IsThere: true, IsPrompted: true);
}
