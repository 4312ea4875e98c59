using System.Runtime.InteropServices;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using SkiaSharp;

namespace MedSam2.Server.Demo;

/// <summary>One slice on a <see cref="ContactSheet"/>: grey values, mask, outline of the truth, prompt and caption.</summary>
internal static class SliceTile
{
    public static void Draw(
        SKCanvas canvas, Volume volume, IntensityWindow window, SliceAxis axis, int index, SliceView view, SKRectI crop, LabelledStructure mask, LabelledStructure? truth, SlicePrompt? prompt)
    {
        var height = ContactSheet.TileHeight(view, crop);
        var (scaleX, scaleY) = (ContactSheet.TileWidth / (float)crop.Width, height / (float)crop.Height);
        var target = new SKRect(0, 0, view.Width * scaleX, view.Height * scaleY);
        canvas.Save();
        canvas.Translate(-crop.Left * scaleX, -crop.Top * scaleY);
        using (var image = ToImage(view, Pixels(volume, window, axis, index, view)))
            canvas.DrawImage(image, target, new SKSamplingOptions(SKFilterMode.Linear));

        var found = mask.Slice(axis, index);
        using (var image = ToImage(view, [.. view.Arrange<byte>(found.Pixels).Select(pixel => pixel != 0 ? Premultiplied(ContactSheet.MaskColor) : 0u)]))
            canvas.DrawImage(image, target, new SKSamplingOptions(SKFilterMode.Nearest));

        var caption = FormattableString.Invariant($"Slice {index}");
        if (truth is { } known)
        {
            var expected = known.Slice(axis, index);
            DrawOutline(canvas, view, view.Arrange<byte>(expected.Pixels), scaleX, scaleY);
            if (found.Count() + expected.Count() > 0)
                caption += $"  Dice {ContactSheet.Number(Overlap.Dice(found, expected))}";
        }

        if (prompt is not null && prompt.Index == index)
            DrawPrompt(canvas, view, prompt, scaleX, scaleY);
        canvas.Restore();

        using var white = new SKPaint { Color = SKColors.White, IsAntialias = false };
        PixelFont.Draw(canvas, caption, 8, 8, ContactSheet.TextScale, white);
        var middle = (height / 2) - PixelFont.Height;
        PixelFont.Draw(canvas, view.Left, 6, middle, ContactSheet.TextScale, white);
        PixelFont.Draw(canvas, view.Right, ContactSheet.TileWidth - 6 - PixelFont.Measure(view.Right, ContactSheet.TextScale), middle, ContactSheet.TextScale, white);
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

        using var paint = new SKPaint { Color = ContactSheet.TruthColor, Style = SKPaintStyle.Stroke, StrokeWidth = 1.4f, IsAntialias = true };
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

        using var paint = new SKPaint { Color = ContactSheet.PromptColor, Style = SKPaintStyle.Stroke, StrokeWidth = 2, IsAntialias = true };
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
}
