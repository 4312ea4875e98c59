using MedSam2.Imaging.Masks;
using MedSam2.Training.Evaluation.Baselines;
using Xunit;

namespace MedSam2.Training.Tests.Evaluation;

public sealed class ClickGrowingTests
{
    [Fact]
    public void A_click_fills_what_hangs_together_and_looks_alike()
    {
        var mask = ClickGrowing.Fill(Picture(), 30, [new(7, 10)]);
        Assert.Equal(new PixelBox(3, 5, 10, 10), mask.BoundingBox());
        Assert.Equal(100, mask.Count());
    }

    [Fact]
    public void An_excluded_place_stays_out()
    {
        var mask = ClickGrowing.Fill(Picture(), 30, [new(7, 10), new(11, 13, Include: false)]);
        Assert.False(mask[11, 13]);
        Assert.Equal(100 - 11, mask.Count()); // 2 of the 13 pixels around the click lie outside anyway
    }

    [Fact]
    public void A_second_click_fills_the_second_piece() =>
        Assert.Equal(150, ClickGrowing.Fill(Picture(), 30, [new(7, 10), new(22, 10)]).Count());

    /// <summary>Two bright rectangles, 10 x 10 and 5 x 10.</summary>
    private static float[] Picture()
    {
        var picture = new float[30 * 20];
        for (var n = 0; n < picture.Length; n++)
            picture[n] = n / 30 is >= 5 and < 15 && n % 30 is (>= 3 and < 13) or (>= 20 and < 25) && n / 30 is >= 5 and < 15 ? 100 : 0;
        return picture;
    }
}
