using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using TorchSharp;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class PictureSetSessionTests(NanoModel nano) : IClassFixture<NanoModel>
{
    [Theory]
    [InlineData(PictureOrder.Similarity)]
    [InlineData(PictureOrder.Given)]
    public void One_prompt_answers_for_every_picture_once_in_its_own_size(PictureOrder order)
    {
        using var session = new PictureSetSession(nano.Model, Pictures());
        var prompted = session.Prompt(1, Disc(0));

        var masks = session.Propagate(1, order).ToArray();

        Assert.Equal(prompted.Mask.Pixels, masks[0].Mask.Pixels);
        Assert.Equal(Enumerable.Range(0, 6), masks.Select(m => m.Index).Order());
        foreach (var mask in masks)
            Assert.Equal((Pictures()[mask.Index].Width, Pictures()[mask.Index].Height), (mask.Mask.Width, mask.Mask.Height));
    }

    [Fact]
    public void Given_order_is_kept_and_similar_pictures_come_first_otherwise()
    {
        using var given = new PictureSetSession(nano.Model, Pictures());
        given.Prompt(1, Disc(2));
        Assert.Equal([2, 0, 1, 3, 4, 5], given.Propagate(1, PictureOrder.Given).Select(m => m.Index));

        // Even pictures are grey on dark ground, odd ones colour on bright ground.
        using var similar = new PictureSetSession(nano.Model, Pictures());
        similar.Prompt(1, Disc(2));
        Assert.Equal([0, 2, 4], similar.Propagate(1).Take(3).Select(m => m.Index).Order());
    }

    [Fact]
    public void Broken_off_propagation_goes_on_to_the_same_masks()
    {
        using var whole = new PictureSetSession(nano.Model, Pictures());
        whole.Prompt(1, Disc(0));
        var expected = whole.Propagate(1).OrderBy(m => m.Index).Select(m => Convert.ToHexString(m.Mask.Pixels));

        using var broken = new PictureSetSession(nano.Model, Pictures());
        broken.Prompt(1, Disc(0));
        broken.Propagate(1).Take(3).Complete();

        Assert.Equal(expected, broken.Propagate(1).OrderBy(m => m.Index).Select(m => Convert.ToHexString(m.Mask.Pixels)));
    }

    [Fact]
    public void What_cannot_be_done_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new PictureSetSession(nano.Model, []));
        Assert.Throws<ArgumentException>(() => new PictureSetSession(nano.Model, Pictures(), TrackingOptions.Sam2));
        Assert.Throws<ArgumentException>(() => new Picture(4, 4, new byte[20]));
        using var session = new PictureSetSession(nano.Model, Pictures());
        Assert.Throws<PromptException>(() => session.Prompt(1, new(SliceAxis.K, 6, [new(1, 1)])));
        Assert.Throws<PromptException>(() => session.Prompt(1, new(SliceAxis.J, 0, [new(1, 1)])));
        Assert.Throws<PromptException>(() => session.Prompt(1, new(SliceAxis.K, 1, [new(63, 1)])));
        Assert.Throws<PromptException>(() => session.Propagate(1));
    }

    [Fact]
    public void Session_leaves_no_tensor_behind()
    {
        Run();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Run();

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run()
        {
            using var session = new PictureSetSession(nano.Model, Pictures());
            session.Prompt(1, Disc(0));
            session.Propagate(1).Complete();
            session.Prompt(1, new(SliceAxis.K, 3, [], null, new Mask(60, 50)));
            session.Propagate(1).Take(3).Complete();
        }
    }

    private static SlicePrompt Disc(int picture) => new(SliceAxis.K, picture, [], new PromptBox(18, 14, 42, 38));

    /// <summary>A disc in each: 64 x 48 grey ones and 60 x 50 coloured ones by turns.</summary>
    private static Picture[] Pictures() => [.. Enumerable.Range(0, 6).Select(n => n % 2 == 0 ? Grey(n) : Colour(n))];

    private static Picture Grey(int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[64 * 48];
        for (var n = 0; n < pixels.Length; n++)
            pixels[n] = (byte)((Inside(n % 64, n / 64) ? 150 : 20) + random.Next(20));
        return new Picture(64, 48, pixels);
    }

    private static Picture Colour(int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[60 * 50 * 3];
        for (var n = 0; n < pixels.Length; n++)
            pixels[n] = (byte)((Inside(n / 3 % 60, n / 180) ? (n % 3 == 0 ? 200 : 60) : 220) + random.Next(20));
        return new Picture(60, 50, pixels);
    }

    private static bool Inside(int x, int y) => ((x - 30) * (x - 30)) + ((y - 26) * (y - 26)) <= 144;
}
