using System.Text.Json;
using MedSam2.Imaging.Masks;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Tests.Golden;
using MedSam2.TestSupport;
using MedSam2.TestSupport.Formula;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Inference.Tests;

public sealed class NetworkInputTests
{
    public static TheoryData<string> Cases => ["down", "up", "wide", "to512", "to1024", "same"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Still_picture_equals_the_reference(string name)
    {
        using var golden = new GoldenFile("preprocess", "image.safetensors");
        var (pixels, placement) = Picture(golden, name);

        using var input = NetworkInput.FromStill(pixels, 3, placement);

        Assert.InRange(golden.MaxDifference($"{name}.normalised", input.squeeze(0)), 0, 3e-6);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Video_frame_equals_the_reference(string name)
    {
        using var golden = new GoldenFile("preprocess", "image.safetensors");
        var (pixels, placement) = Picture(golden, name);

        using var input = NetworkInput.FromFrame(pixels, 3, placement);

        Assert.InRange(golden.MaxDifference($"{name}.video_loader", input), 0, 1e-6);
    }

    [Theory]
    [InlineData("down")]
    [InlineData("up")]
    public void Eight_bit_resize_equals_Pillow_in_every_bit(string name)
    {
        using var golden = new GoldenFile("preprocess", "image.safetensors");
        var (pixels, p) = Picture(golden, name);

        var resized = PillowBicubic.Resize(pixels, p.Width, p.Height, 3, p.Size, p.Size);

        Assert.Equal(golden.Values<byte>($"{name}.pil_u8"), resized);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(64)]
    [InlineData(512)]
    public void Prompt_mask_equals_the_reference(int size)
    {
        using var golden = new GoldenFile("preprocess", "mask.safetensors");
        var mask = new Mask(160, 96, golden.Values<byte>("mask_u8"));

        using var input = NetworkInput.FromMask(mask, SlicePlacement.Stretch(160, 96, size));

        Assert.Equal(0, golden.MaxDifference($"to{size}.mask", input[0, 0]));
    }

    [Fact]
    public void Points_and_boxes_are_scaled_as_the_reference_does()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.Golden("preprocess", "coords.json"))).RootElement;
        var cases = golden.GetProperty("coords").EnumerateArray()
            .Where(c => c.GetProperty("normalize").GetBoolean())
            .Select(c => (Case: c, Input: Flat(c.GetProperty("input")), Output: Flat(c.GetProperty("output"))))
            .Concat(golden.GetProperty("boxes").EnumerateArray()
                .Select(c => (Case: c, Input: Flat(c.GetProperty("input")), Output: Flat(c.GetProperty("output")))));
        foreach (var (c, input, output) in cases)
        {
            var size = Flat(c.GetProperty("hw"));
            var placement = SlicePlacement.Stretch((int)size[1], (int)size[0], c.GetProperty("resolution").GetInt32());
            for (var n = 0; n < input.Count; n += 2)
            {
                var (x, y) = placement.ToNetwork(input[n], input[n + 1]);
                Assert.Equal(output[n], x, 1e-3);
                Assert.Equal(output[n + 1], y, 1e-3);
            }
        }
    }

    [Fact]
    public void Padding_of_a_flat_slice_is_black_and_its_pixels_are_square()
    {
        // 100 x 20 pixels of 1 x 2.5 mm: 100 x 50 mm.
        var placement = SlicePlacement.SquarePixels(100, 20, 1, 2.5, 128);
        Assert.Equal((128, 64), (placement.ContentWidth, placement.ContentHeight));

        var white = new byte[2000];
        Array.Fill(white, (byte)255);
        using var input = NetworkInput.FromFrame(white, 1, placement);

        Assert.Equal((1 - 0.485f) / 0.229f, input[0, 0, 63, 127].item<float>(), 1e-5f);
        Assert.Equal(-0.485f / 0.229f, input[0, 0, 64, 0].item<float>(), 1e-5f);
    }

    [Fact]
    public void Mask_of_a_slice_equals_the_reference_interpolation()
    {
        var logits = SplitMix.Values("input:mask-sampling", 32 * 32, 0, 4);
        using var scope = NewDisposeScope();
        var expected = nn.functional.interpolate(
            tensor(logits).view(1, 1, 32, 32), size: [100, 140], mode: InterpolationMode.Bilinear, align_corners: false);

        var mask = MaskSampling.ToMask(logits, 32, SlicePlacement.Stretch(140, 100, 128));

        var unclear = expected.abs().lt(1e-4f).sum().item<long>();
        var different = tensor(mask.Pixels).view(1, 1, 100, 140).to(ScalarType.Bool).ne(expected.gt(0)).sum().item<long>();
        Assert.InRange(different, 0, unclear);
    }

    private static List<double> Flat(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Flat)]
        : [element.GetDouble()];

    private static (byte[] Pixels, SlicePlacement Placement) Picture(GoldenFile golden, string name)
    {
        var c = golden.Json("cases").GetProperty(name);
        int height = c.GetProperty("h").GetInt32(), width = c.GetProperty("w").GetInt32();
        var e = c.GetProperty("ellipses")[0].EnumerateArray().Select(v => v.GetInt32()).ToArray();
        var pixels = FormulaImage.Create(
            c.GetProperty("name").GetString()!, height, width, new FormulaEllipse(e[0], e[1], e[2], e[3], e[4], e[5], e[6]));
        Assert.Equal(c.GetProperty("crc32").GetUInt32(), Crc32(pixels));
        return (pixels, SlicePlacement.Stretch(width, height, c.GetProperty("resolution").GetInt32()));
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
