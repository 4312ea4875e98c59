using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.CommandLine;
using SkiaSharp;

namespace MedSam2.Server.Images;

/// <summary>Pictures (PNG, JPEG) as volumes of one slice with pixels of 1 mm, since they say nothing of their size.</summary>
internal static class PictureFile
{
    private const long MostPixels = 100_000_000;

    private static readonly string[] Endings = [".png", ".jpg", ".jpeg"];

    public static bool IsPicture(string path) => Array.Exists(Endings, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>The colours, on black where the picture is transparent.</summary>
    /// <exception cref="VerbException">It cannot be decoded, or is too large.</exception>
    public static Picture ReadColours(string path)
    {
        using var bitmap = Decode(path);
        var pixels = bitmap.GetPixelSpan();
        var colours = new byte[3 * bitmap.Width * bitmap.Height];
        for (var n = 0; n < bitmap.Width * bitmap.Height; n++)
            pixels.Slice(4 * n, 3).CopyTo(colours.AsSpan(3 * n));
        return new Picture(bitmap.Width, bitmap.Height, colours);
    }

    /// <summary>The luminance of the colours (ITU-R BT.601), on black where the picture is transparent.</summary>
    /// <exception cref="VerbException">It cannot be decoded, or is too large.</exception>
    public static Volume ReadGrey(string path)
    {
        using var bitmap = Decode(path);
        var (width, height) = (bitmap.Width, bitmap.Height);
        var pixels = bitmap.GetPixelSpan();
        var grey = new short[width * height];
        for (var n = 0; n < grey.Length; n++)
            grey[n] = (short)(((299 * pixels[4 * n]) + (587 * pixels[(4 * n) + 1]) + (114 * pixels[(4 * n) + 2]) + 500) / 1000);
        return new Volume(new VolumeGeometry(width, height, 1, Affine.Identity), new Int16Voxels(grey), window: new IntensityWindow(0, 255));
    }

    private static SKBitmap Decode(string path)
    {
        using var codec = SKCodec.Create(path) ?? throw new VerbException($"{path} is no picture that can be decoded.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            throw new VerbException($"{path} has {width} x {height} pixels; at most {MostPixels / 1_000_000} million are read.");
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result == SKCodecResult.Success)
            return bitmap;
        bitmap.Dispose();
        throw new VerbException($"{path} cannot be decoded ({result}).");
    }

    /// <summary>White where the object is.</summary>
    public static void WriteMask(string path, Mask mask)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(mask.Width, mask.Height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (var y = 0; y < mask.Height; y++)
        {
            var row = bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, mask.Width);
            for (var x = 0; x < mask.Width; x++)
                row[x] = mask[x, y] ? byte.MaxValue : (byte)0;
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        png.SaveTo(file);
    }
}
