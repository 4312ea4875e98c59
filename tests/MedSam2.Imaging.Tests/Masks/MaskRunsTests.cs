using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Masks;
using Xunit;

namespace MedSam2.Imaging.Tests.Masks;

public class MaskRunsTests
{
    [Fact]
    public void Bytes_are_what_the_contract_says()
    {
        var mask = Parse(
            "......",
            "..##..",
            ".####.",
            "..#...");

        var runs = MaskRuns.Encode(mask);

        Assert.Equal(new PixelBox(1, 1, 4, 3), runs.Box);
        Assert.Equal([1, 2, 1, 4, 1, 1, 2], runs.Runs.ToArray());
        Assert.Equal(7, runs.Count());
    }

    [Fact]
    public void Run_of_128_or_more_takes_two_bytes_least_significant_first()
    {
        var mask = new Mask(300, 1);
        mask.Pixels.AsSpan().Fill(1);

        Assert.Equal([0, 0b1010_1100, 0b10], MaskRuns.Encode(mask).Runs.ToArray());
    }

    [Fact]
    public void Empty_mask_is_an_empty_box_without_runs()
    {
        var runs = MaskRuns.Encode(new Mask(20, 10));

        Assert.Equal(MaskRuns.Empty, runs);
        Assert.Equal(0, runs.Decode(20, 10).Count());
    }

    [Fact]
    public void Any_mask_comes_back_as_it_was()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var mask = RandomMask(random);

            var runs = MaskRuns.Encode(mask);
            var back = runs.Decode(mask.Width, mask.Height);

            Assert.Equal(mask.Pixels, back.Pixels);
            Assert.Equal(mask.Count(), runs.Count());
            Assert.Equal(mask.BoundingBox(), runs.Box);
        }
    }

    [Fact]
    public void Decoding_into_used_memory_clears_it()
    {
        var mask = Parse("..", ".#");
        var pixels = new byte[] { 1, 1, 1, 1 };

        MaskRuns.Encode(mask).Decode(pixels, 2, 2);

        Assert.Equal(mask.Pixels, pixels);
    }

    [Theory]
    [InlineData(0, 0, 2, 2, new byte[] { 0, 5 }, "exceed")]
    [InlineData(0, 0, 2, 2, new byte[] { 0, 3 }, "end before")]
    [InlineData(0, 0, 2, 2, new byte[] { }, "end before")]
    [InlineData(0, 0, 2, 2, new byte[] { 1, 0, 3 }, "0 long")]
    [InlineData(0, 0, 2, 2, new byte[] { 0x84 }, "varint")]
    [InlineData(0, 0, 2, 2, new byte[] { 0, 0x84, 0 }, "varint")]
    [InlineData(0, 0, 2, 2, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F }, "varint")]
    [InlineData(0, 0, 2, 2, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, "varint")]
    [InlineData(7, 0, 2, 2, new byte[] { 4 }, "does not lie on the slice")]
    [InlineData(0, -1, 2, 2, new byte[] { 4 }, "does not lie on the slice")]
    [InlineData(0, 0, int.MaxValue, int.MaxValue, new byte[] { 4 }, "does not lie on the slice")]
    [InlineData(int.MaxValue, 0, 2, 2, new byte[] { 4 }, "does not lie on the slice")]
    [InlineData(0, 0, -2, -2, new byte[] { 4 }, "does not lie on the slice")]
    [InlineData(0, 0, 0, 2, new byte[] { }, "does not lie on the slice")]
    public void Hostile_runs_are_refused_by_name_and_write_nothing(int x, int y, int width, int height, byte[] bytes, string cause)
    {
        var pixels = Enumerable.Repeat((byte)9, 64).ToArray();

        var error = Assert.Throws<ImageFormatException>(() => new MaskRuns(new PixelBox(x, y, width, height), bytes).Decode(pixels, 8, 8));

        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.All(pixels, value => Assert.Equal(9, value));
    }

    [Fact]
    public void Random_bytes_are_decoded_or_refused_by_name()
    {
        var random = new Random(11);
        var decoded = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(8)];
            random.NextBytes(bytes);
            for (var n = 0; n < bytes.Length; n++)
                bytes[n] = (byte)(random.Next(8) == 0 ? bytes[n] : bytes[n] & 3);
            try
            {
                new MaskRuns(new PixelBox(random.Next(-1, 4), random.Next(-1, 4), random.Next(-1, 5), random.Next(-1, 5)), bytes).Decode(6, 6);
                decoded++;
            }
            catch (ImageFormatException)
            {
            }
        }

        Assert.InRange(decoded, 100, 19_000);
    }

    internal static Mask RandomMask(Random random)
    {
        var mask = new Mask(random.Next(1, 70), random.Next(1, 50));
        var density = random.NextDouble();
        var value = (byte)0;
        for (var n = 0; n < mask.Pixels.Length; n++)
        {
            if (random.NextDouble() < 0.3)
                value = random.NextDouble() < density ? (byte)1 : (byte)0;
            mask.Pixels[n] = value;
        }

        return mask;
    }

    internal static Mask Parse(params string[] rows) =>
        new(rows[0].Length, rows.Length, [.. rows.SelectMany(row => row.Select(c => c == '#' ? (byte)1 : (byte)0))]);
}
