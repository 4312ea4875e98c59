using MedSam2.Imaging.Masks;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Prompts;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests.Prompts;

/// <summary>Where prompts on a slice, or on a part of one, fall in the network's input: here 64 x 64 pixels in an input of 256, four of the network's pixels each.</summary>
public sealed class PromptPlacesTests
{
    private static readonly PixelBox Part = new(100, 50, 64, 64);
    private static readonly SlicePlacement Enlarged = SlicePlacement.Stretch(64, 64, 256);

    [Fact]
    public void A_click_falls_on_the_middle_of_its_pixel()
    {
        // Pixel 10 covers the network's 40 to 43: its middle is 41.5, where pixel 0 is the middle of the first.
        Assert.Equal([41.5f, 81.5f], Places(new([new(10, 20)], null, null), Enlarged));
        Assert.Equal([41.5f, 81.5f], Places(new SlicePrompts([new(110, 70)], null, null).Within(Part), Enlarged));
    }

    [Fact]
    public void A_box_reaches_from_the_first_pixel_that_it_covers_to_the_last()
    {
        Assert.Equal([40f, 80f, 79f, 119f], Places(new([], new(19, 29, 10, 20), null), Enlarged));
        Assert.Equal([40f, 80f, 79f, 119f], Places(new SlicePrompts([], new(119, 79, 110, 70), null).Within(Part), Enlarged));
    }

    [Fact]
    public void On_a_slice_of_the_networks_size_nothing_moves()
    {
        var placement = SlicePlacement.Stretch(256, 256, 256);

        Assert.Equal([40f, 80f, 79f, 119f, 100.25f, 7f], Places(new([new(100.25, 7)], new(40, 80, 79, 119), null), placement));
    }

    [Fact]
    public void A_box_on_a_larger_slice_keeps_the_pixels_of_the_network_that_it_covers()
    {
        // Pixels 80 to 159 of 512 are the network's 40 to 79.
        Assert.Equal([40f, 80f, 79f, 119f], Places(new([], new(80, 160, 159, 239), null), SlicePlacement.Stretch(512, 512, 256)));
    }

    [Fact]
    public void A_click_outside_of_a_part_counts_at_its_edge()
    {
        var said = new SlicePrompts([new(20, 500, Include: false)], null, null).Within(Part);

        Assert.Equal([-0.5f, 255.5f], Places(said, Enlarged));
        Assert.False(said.Points[0].Include);
    }

    [Fact]
    public void A_mask_is_cut()
    {
        var mask = new Mask(200, 200);
        mask.Pixels[(60 * 200) + 105] = 1;
        var said = new SlicePrompts([], null, mask).Within(Part);

        Assert.Equal(new PixelBox(5, 10, 1, 1), said.Mask!.BoundingBox());
    }

    private static float[] Places(SlicePrompts prompts, SlicePlacement placement)
    {
        using var scope = NewDisposeScope();
        return prompts.ToNetwork(placement).PointCoords!.data<float>().ToArray();
    }
}
