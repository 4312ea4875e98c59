using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.TestSupport;
using SkiaSharp;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>One prompt over sets of real pictures of different sizes: grey ultrasound, and stained nuclei in colour.</summary>
public sealed class RealPictureSetTests(NanoModel nano) : IClassFixture<NanoModel>
{
    private const int Count = 5;

    [Theory]
    [InlineData("img2d-ultrasound")]
    [InlineData("img2d-nuclei")]
    public void One_prompt_answers_for_each_picture_in_its_own_size_and_the_same_every_time(string set)
    {
        var pictures = Read(set);
        Assert.True(pictures.Select(p => (p.Width, p.Height)).Distinct().Count() > 1, "All pictures are of one size: the set does not test what it should.");

        var first = Propagate(pictures);
        var again = Propagate(pictures);

        Assert.Equal(Enumerable.Range(0, Count), first.Select(m => m.Index));
        foreach (var (mask, same) in first.Zip(again))
        {
            Assert.Equal((pictures[mask.Index].Width, pictures[mask.Index].Height), (mask.Mask.Width, mask.Mask.Height));
            Assert.Equal(mask.Mask.Pixels, same.Mask.Pixels);
        }
    }

    [Fact]
    public void Grey_and_colour_may_be_in_one_set()
    {
        Picture[] pictures = [Read("img2d-ultrasound")[0], Read("img2d-nuclei").First(p => p.Channels == 3)];

        Assert.Equal([1, 3], pictures.Select(p => p.Channels));
        Assert.Equal(pictures.Select(p => p.Width), Propagate(pictures).Select(m => m.Mask.Width));
    }

    private SliceMask[] Propagate(Picture[] pictures)
    {
        using var session = new PictureSetSession(nano.Model, pictures);
        var first = pictures[0];
        var drawn = new byte[first.Width * first.Height];
        for (var y = first.Height / 3; y < first.Height / 2; y++)
            drawn.AsSpan((y * first.Width) + (first.Width / 3), first.Width / 4).Fill(1);
        session.Prompt(1, new SlicePrompt(SliceAxis.K, 0, [], Mask: new Mask(first.Width, first.Height, drawn)));
        return [.. session.Propagate(1).OrderBy(m => m.Index)];
    }

    /// <summary>Pictures of as many sizes as the set has, at most five.</summary>
    private static Picture[] Read(string set) =>
    [
        .. Directory.GetFiles(SharedData.Require(set, "images")).Order(StringComparer.Ordinal).Select(ReadFile)
            .GroupBy(p => (p.Width, p.Height)).SelectMany(g => g.Select((picture, n) => (picture, n))).OrderBy(p => p.n).Select(p => p.picture).Take(Count),
    ];

    private static Picture ReadFile(string path)
    {
        using var bitmap = SKBitmap.Decode(path);
        var colours = bitmap.Pixels;
        return colours.All(c => c.Red == c.Green && c.Green == c.Blue)
            ? new Picture(bitmap.Width, bitmap.Height, [.. colours.Select(c => c.Red)])
            : new Picture(bitmap.Width, bitmap.Height, [.. colours.SelectMany(c => (byte[])[c.Red, c.Green, c.Blue])]);
    }
}
