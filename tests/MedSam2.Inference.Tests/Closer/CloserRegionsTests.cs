using MedSam2.Imaging.Masks;
using MedSam2.Inference.Closer;
using Xunit;

namespace MedSam2.Inference.Tests.Closer;

public sealed class CloserRegionsTests
{
    private static readonly (int, int) Slice = (512, 400);
    private static readonly (double, double) Square = (1, 1);

    [Fact]
    public void Squares_lie_around_the_object_three_times_its_longer_side_and_a_little_more()
    {
        var regions = CloserRegions.Around(new(200, 150, 40, 20), Slice, Square);

        Assert.Equal([new PixelBox(160, 100, 120, 120), new PixelBox(148, 88, 144, 144)], regions);
    }

    [Fact]
    public void Squares_are_square_in_millimetres()
    {
        var regions = CloserRegions.Around(new(200, 150, 40, 20), Slice, (0.5, 1));

        Assert.Equal(new PixelBox(160, 130, 120, 60), regions[0]);
    }

    [Fact]
    public void At_the_edge_of_the_slice_they_move_inside()
    {
        var regions = CloserRegions.Around(new(0, 390, 20, 10), Slice, Square);

        Assert.Equal(new PixelBox(0, 340, 60, 60), regions[0]);
    }

    [Theory]
    [InlineData(100, 2)]
    [InlineData(130, 1)] // 3.6 times it is more than four fifths of the slice
    [InlineData(160, 0)]
    public void What_fills_the_slice_has_none(int side, int count) =>
        Assert.Equal(count, CloserRegions.Around(new(100, 100, side, side), Slice, Square).Count);

    [Fact]
    public void Nothing_has_none() => Assert.Empty(CloserRegions.Around(PixelBox.Empty, Slice, Square));

    [Fact]
    public void They_stay_while_the_object_grows_or_moves_a_little()
    {
        var regions = CloserRegions.Around(new(200, 150, 40, 20), Slice, Square);

        Assert.True(CloserRegions.StillFit(regions, new(200, 150, 40, 20), Slice, Square));
        Assert.True(CloserRegions.StillFit(regions, new(190, 140, 70, 40), Slice, Square));
        Assert.False(CloserRegions.StillFit(regions, new(190, 140, 85, 40), Slice, Square)); // too large beside them
        Assert.False(CloserRegions.StillFit(regions, new(150, 150, 40, 20), Slice, Square)); // sticks out
        Assert.False(CloserRegions.StillFit(regions, new(200, 150, 10, 10), Slice, Square)); // too small
        Assert.False(CloserRegions.StillFit([], new(200, 150, 40, 20), Slice, Square)); // there could be some
        Assert.True(CloserRegions.StillFit([], new(10, 10, 380, 380), Slice, Square));
    }
}
