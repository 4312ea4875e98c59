using System.Globalization;
using System.Runtime.InteropServices;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using SkiaSharp;

namespace MedSam2.Server.Demo;

/// <summary>One structure of a label map.</summary>
internal readonly record struct LabelledStructure(LabelMap Map, byte Label)
{
    public Mask Slice(SliceAxis axis, int index) => Map.ReadSlice(axis, index, Label);
}

/// <summary>
/// A picture that shows at a glance how good a volume's mask is: slices over its extent in radiological orientation, the
/// mask translucent, the truth as an outline, the prompt on its slice, Dice a slice and over the volume.
/// </summary>
internal static class ContactSheet
{
    public const int Columns = 4;
    public const int TileWidth = 360;
    public const int HeaderHeight = 44;

    private const int MostSlices = 12;
    private const int TextScale = 2;

    internal static readonly SKColor MaskColor = new(255, 84, 54, 96);
    internal static readonly SKColor TruthColor = new(64, 224, 160);
    internal static readonly SKColor PromptColor = new(255, 221, 51);

    /// <summary>Draws the sheet as PNG.</summary>
    /// <param name="volume">The image.</param>
    /// <param name="window">Grey window.</param>
    /// <param name="mask">What the server found.</param>
    /// <param name="truth">What it should have found, if known.</param>
    /// <param name="prompt">What it was told; its slice is always shown, and its axis is the one that slices run across.</param>
    /// <param name="path">File to write.</param>
    /// <exception cref="ArgumentException">A label map has another size than the volume.</exception>
    public static void Draw(Volume volume, IntensityWindow window, LabelledStructure mask, LabelledStructure? truth, SlicePrompt? prompt, string path)
    {
        ArgumentNullException.ThrowIfNull(volume);
        CheckSize(volume, mask);
        if (truth is { } known)
            CheckSize(volume, known);

        var axis = prompt?.Axis ?? SliceAxis.K;
        var view = new SliceView(volume.Geometry, axis);
        var tileHeight = TileHeight(view);
        var slices = ChooseSlices(volume.Geometry, axis, mask, truth, prompt?.Index);
        if (view.HeadFirst)
            Array.Reverse(slices);

        var rows = (slices.Length + Columns - 1) / Columns;
        using var surface = SKSurface.Create(new SKImageInfo(Columns * TileWidth, HeaderHeight + (rows * tileHeight), SKColorType.Rgba8888, SKAlphaType.Premul));
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.Black);
        DrawHeader(canvas, mask, truth, prompt);
        for (var n = 0; n < slices.Length; n++)
        {
            canvas.Save();
            canvas.Translate(n % Columns * TileWidth, HeaderHeight + (n / Columns * tileHeight));
            canvas.ClipRect(new SKRect(0, 0, TileWidth, tileHeight));
            DrawTile(canvas, volume, window, axis, slices[n], view, mask, truth, prompt);
            canvas.Restore();
        }

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        png.SaveTo(file);
    }

    /// <summary>Height of one slice's picture, which follows from the slice's size in mm.</summary>
    internal static int TileHeight(SliceView view) =>
        Math.Clamp((int)Math.Round(TileWidth * (view.Height * view.PixelHeight) / (view.Width * view.PixelWidth)), 60, 4 * TileWidth);

    /// <summary>Up to twelve slices spread over the extent of mask and truth, the prompt's among them, in ascending order.</summary>
    internal static int[] ChooseSlices(VolumeGeometry geometry, SliceAxis axis, LabelledStructure mask, LabelledStructure? truth, int? prompted)
    {
        var count = geometry.SliceShape(axis).Count;
        var filled = Enumerable.Range(0, count)
            .Where(index => mask.Slice(axis, index).Count() > 0 || (truth is { } known && known.Slice(axis, index).Count() > 0) || index == prompted)
            .ToArray();
        var (first, last) = filled.Length == 0 ? (0, count - 1) : (filled[0], filled[^1]);
        var shown = Math.Min(MostSlices, last - first + 1);
        var slices = Enumerable.Range(0, shown).Select(n => shown == 1 ? first : first + (int)Math.Round(n * (last - first) / (shown - 1.0))).ToArray();
        if (prompted is { } index && !slices.Contains(index))
        {
            var nearest = Array.IndexOf(slices, slices.MinBy(slice => Math.Abs(slice - index)));
            slices[nearest] = index;
        }

        return slices;
    }

    private static void CheckSize(Volume volume, LabelledStructure structure)
    {
        var (a, b) = (volume.Geometry, structure.Map.Geometry);
        if (a.Columns != b.Columns || a.Rows != b.Rows || a.Slices != b.Slices)
            throw new ArgumentException($"Labels of {b.Columns} x {b.Rows} x {b.Slices} do not fit a volume of {a.Columns} x {a.Rows} x {a.Slices}.", nameof(structure));
    }

    private static void DrawHeader(SKCanvas canvas, LabelledStructure mask, LabelledStructure? truth, SlicePrompt? prompt)
    {
        var x = 12;
        void Entry(string text, SKColor color)
        {
            using var paint = new SKPaint { Color = color.WithAlpha(255), IsAntialias = false };
            const int y = (HeaderHeight - (PixelFont.Height * TextScale)) / 2;
            canvas.DrawRect(x, y, PixelFont.Height * TextScale, PixelFont.Height * TextScale, paint);
            x += 22;
            paint.Color = SKColors.White;
            PixelFont.Draw(canvas, text, x, y, TextScale, paint);
            x += PixelFont.Measure(text, TextScale) + 36;
        }

        Entry($"Mask {Millilitres(mask)}", MaskColor);
        if (truth is { } known)
        {
            Entry($"Truth {Millilitres(known)}", TruthColor);
            Entry($"Dice {Number(Overlap.Dice(mask.Map, mask.Label, known.Map, known.Label))} over the volume", SKColors.White);
        }

        if (prompt is not null)
            Entry("Prompt", PromptColor);
    }

    private static void DrawTile(
        SKCanvas canvas, Volume volume, IntensityWindow window, SliceAxis axis, int index, SliceView view, LabelledStructure mask, LabelledStructure? truth, SlicePrompt? prompt)
    {
        var target = new SKRect(0, 0, TileWidth, TileHeight(view));
        var (scaleX, scaleY) = (target.Width / view.Width, target.Height / view.Height);
        using (var image = ToImage(view, Pixels(volume, window, axis, index, view)))
            canvas.DrawImage(image, target, new SKSamplingOptions(SKFilterMode.Linear));

        var found = mask.Slice(axis, index);
        using (var image = ToImage(view, [.. view.Arrange<byte>(found.Pixels).Select(pixel => pixel != 0 ? Premultiplied(MaskColor) : 0u)]))
            canvas.DrawImage(image, target, new SKSamplingOptions(SKFilterMode.Nearest));

        var caption = FormattableString.Invariant($"Slice {index}");
        if (truth is { } known)
        {
            var expected = known.Slice(axis, index);
            DrawOutline(canvas, view, view.Arrange<byte>(expected.Pixels), scaleX, scaleY);
            if (found.Count() + expected.Count() > 0)
                caption += $"  Dice {Number(Overlap.Dice(found, expected))}";
        }

        if (prompt is not null && prompt.Index == index)
            DrawPrompt(canvas, view, prompt, scaleX, scaleY);

        using var white = new SKPaint { Color = SKColors.White, IsAntialias = false };
        PixelFont.Draw(canvas, caption, 8, 8, TextScale, white);
        var middle = (int)(target.Height / 2) - PixelFont.Height;
        PixelFont.Draw(canvas, view.Left, 6, middle, TextScale, white);
        PixelFont.Draw(canvas, view.Right, TileWidth - 6 - PixelFont.Measure(view.Right, TextScale), middle, TextScale, white);
    }

    private static uint[] Pixels(Volume volume, IntensityWindow window, SliceAxis axis, int index, SliceView view)
    {
        var values = new float[view.Width * view.Height];
        volume.ReadSlice(axis, index, values);
        var scale = 255 / Math.Max(window.High - window.Low, 1e-6f);
        return [.. view.Arrange<float>(values).Select(value =>
        {
            var grey = (uint)Math.Clamp((value - window.Low) * scale, 0, 255);
            return 0xFF000000 | (grey << 16) | (grey << 8) | grey;
        })];
    }

    /// <summary>The edges between pixels inside and outside, as thin lines.</summary>
    private static void DrawOutline(SKCanvas canvas, SliceView view, byte[] pixels, float scaleX, float scaleY)
    {
        bool Inside(int x, int y) => x >= 0 && y >= 0 && x < view.Width && y < view.Height && pixels[(y * view.Width) + x] != 0;

        using var outline = new SKPath();
        for (var y = 0; y <= view.Height; y++)
        {
            for (var x = 0; x <= view.Width; x++)
            {
                var inside = Inside(x, y);
                if (inside != Inside(x - 1, y))
                    AddLine(x, y, x, y + 1);
                if (inside != Inside(x, y - 1))
                    AddLine(x, y, x + 1, y);
            }
        }

        using var paint = new SKPaint { Color = TruthColor, Style = SKPaintStyle.Stroke, StrokeWidth = 1.4f, IsAntialias = true };
        canvas.DrawPath(outline, paint);

        void AddLine(int x0, int y0, int x1, int y1)
        {
            outline.MoveTo(x0 * scaleX, y0 * scaleY);
            outline.LineTo(x1 * scaleX, y1 * scaleY);
        }
    }

    private static void DrawPrompt(SKCanvas canvas, SliceView view, SlicePrompt prompt, float scaleX, float scaleY)
    {
        SKPoint ToTile(double x, double y)
        {
            var (u, v) = view.ToPicture(x, y);
            return new((float)(u + 0.5) * scaleX, (float)(v + 0.5) * scaleY);
        }

        using var paint = new SKPaint { Color = PromptColor, Style = SKPaintStyle.Stroke, StrokeWidth = 2, IsAntialias = true };
        if (prompt.Box is { } box)
        {
            var (a, b) = (ToTile(box.X0, box.Y0), ToTile(box.X1, box.Y1));
            canvas.DrawRect(new SKRect(Math.Min(a.X, b.X), Math.Min(a.Y, b.Y), Math.Max(a.X, b.X), Math.Max(a.Y, b.Y)), paint);
        }

        foreach (var point in prompt.Points)
        {
            // A plus where the object is, a minus where it is not.
            const float arm = 6;
            var at = ToTile(point.X, point.Y);
            canvas.DrawLine(at.X - arm, at.Y, at.X + arm, at.Y, paint);
            if (point.Include)
                canvas.DrawLine(at.X, at.Y - arm, at.X, at.Y + arm, paint);
        }
    }

    private static SKImage ToImage(SliceView view, uint[] pixels) =>
        SKImage.FromPixelCopy(new SKImageInfo(view.Width, view.Height, SKColorType.Rgba8888, SKAlphaType.Premul), MemoryMarshal.AsBytes(pixels.AsSpan()));

    private static uint Premultiplied(SKColor color)
    {
        uint Part(byte value) => (uint)(value * color.Alpha / 255);
        return ((uint)color.Alpha << 24) | (Part(color.Blue) << 16) | (Part(color.Green) << 8) | Part(color.Red);
    }

    private static string Millilitres(LabelledStructure structure)
    {
        var millilitres = structure.Map.Count(structure.Label) * Math.Abs(structure.Map.Geometry.IjkToLps.Determinant) / 1000;
        return millilitres.ToString(millilitres < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ml";
    }

    private static string Number(double dice) => dice.ToString("0.000", CultureInfo.InvariantCulture);
}
