using MedSam2.Imaging.Masks;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using Xunit;

namespace MedSam2.Inference.Tests.Closer;

/// <summary>Prompts on a part of a slice. A part of 64 x 64 pixels in an input of 256: four of the network's pixels each.</summary>
public sealed class CloserPromptsTests
{
    private static readonly PixelBox Part = new(100, 50, 64, 64);
    private static readonly SlicePlacement Placement = SlicePlacement.Stretch(64, 64, 256);

    [Fact]
    public void A_click_falls_on_the_middle_of_its_pixel()
    {
        var said = new SlicePrompts([new(110, 70)], null, null).Within(Part, Placement);

        // Pixel 10 covers the network's 40 to 43: its middle is 41.5, where pixel 0 is the middle of the first.
        Assert.Equal((41.5f, 81.5f), Placement.ToNetwork(said.Points[0].X, said.Points[0].Y));
    }

    [Fact]
    public void A_box_reaches_from_the_first_pixel_that_it_covers_to_the_last()
    {
        var said = new SlicePrompts([], new(119, 79, 110, 70), null).Within(Part, Placement);

        Assert.Equal((40f, 80f), Placement.ToNetwork(said.Box!.Value.X0, said.Box.Value.Y0));
        Assert.Equal((79f, 119f), Placement.ToNetwork(said.Box.Value.X1, said.Box.Value.Y1));
    }

    [Fact]
    public void A_click_outside_counts_at_the_edge()
    {
        var said = new SlicePrompts([new(20, 500, Include: false)], null, null).Within(Part, Placement);

        var (x, y) = Placement.ToNetwork(said.Points[0].X, said.Points[0].Y);
        Assert.Equal((-0.5f, 255.5f), (x, y));
        Assert.False(said.Points[0].Include);
    }

    [Fact]
    public void A_mask_is_cut()
    {
        var mask = new Mask(200, 200);
        mask.Pixels[(60 * 200) + 105] = 1;
        var said = new SlicePrompts([], null, mask).Within(Part, Placement);

        Assert.Equal(new PixelBox(5, 10, 1, 1), said.Mask!.BoundingBox());
    }
}
