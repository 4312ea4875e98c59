using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Training.Prompts;
using Xunit;

namespace MedSam2.Training.Tests.Prompts;

public class PromptSimulatorTests
{
    [Fact]
    public void Box_is_tight_and_click_is_in_the_middle()
    {
        var mask = Rectangle(40, 30, 5, 8, 16, 14);

        Assert.Equal(new PromptBox(5, 8, 15, 13), PromptSimulator.Box(mask));
        Assert.Contains(PromptSimulator.CenterClick(mask)!.Value.X, (double[])[7, 8, 9, 10, 11, 12, 13]);
        Assert.Contains(PromptSimulator.CenterClick(mask)!.Value.Y, (double[])[10, 11]);
    }

    [Fact]
    public void Center_click_of_a_ring_lies_on_the_ring()
    {
        var ring = Rectangle(40, 40, 5, 5, 35, 35);
        foreach (var n in Enumerable.Range(0, 1600).Where(n => n % 40 is >= 10 and < 30 && n / 40 is >= 10 and < 30))
            ring.Pixels[n] = 0;

        var click = PromptSimulator.CenterClick(ring)!.Value;

        Assert.True(ring[(int)click.X, (int)click.Y]);
    }

    [Fact]
    public void An_empty_mask_gives_no_prompt()
    {
        var empty = new Mask(9, 9);

        Assert.Null(PromptSimulator.Box(empty));
        Assert.Null(PromptSimulator.CenterClick(empty));
        Assert.Null(PromptSimulator.RandomClick(empty, new Random(1)));
        Assert.Null(PromptSimulator.CorrectiveClick(empty, empty));
    }

    [Fact]
    public void Correction_includes_what_was_missed_and_excludes_what_was_invented()
    {
        var truth = Rectangle(40, 40, 5, 5, 25, 25);

        var missed = PromptSimulator.CorrectiveClick(Rectangle(40, 40, 5, 5, 12, 25), truth)!.Value;
        var invented = PromptSimulator.CorrectiveClick(Rectangle(40, 40, 5, 5, 25, 38), truth)!.Value;

        Assert.True(missed.Include);
        Assert.InRange(missed.X, 17, 20);
        Assert.False(invented.Include);
        Assert.InRange(invented.Y, 30, 33);
    }

    [Fact]
    public void Jitter_moves_the_box_within_its_share_and_stays_in_the_picture()
    {
        var mask = Rectangle(40, 40, 0, 10, 20, 30);
        var random = new Random(5);
        for (var n = 0; n < 200; n++)
        {
            var box = PromptSimulator.Box(mask, random, 0.1)!.Value;
            Assert.InRange(box.X0, 0, 2);
            Assert.InRange(box.Y0, 8, 12);
            Assert.InRange(box.X1, 17, 21);
            Assert.InRange(box.Y1, 27, 31);
        }
    }

    private static Mask Rectangle(int width, int height, int x0, int y0, int x1, int y1)
    {
        var mask = new Mask(width, height);
        for (var y = y0; y < y1; y++)
            mask.Pixels.AsSpan((y * width) + x0, x1 - x0).Fill(1);
        return mask;
    }
}
