using System.Globalization;
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
    internal const int TextScale = 2;

    /// <summary>What is shown around the structure, in mm.</summary>
    private const double Margin = 40;

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
        var crop = Crop(view, axis, mask, truth, prompt);
        var tileHeight = TileHeight(view, crop);
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
            SliceTile.Draw(canvas, volume, window, axis, slices[n], view, crop, mask, truth, prompt);
            canvas.Restore();
        }

        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        png.SaveTo(file);
    }

    /// <summary>Height of one slice's picture, which follows from the shown part's size in mm.</summary>
    internal static int TileHeight(SliceView view, SKRectI crop) =>
        Math.Clamp((int)Math.Round(TileWidth * (crop.Height * view.PixelHeight) / (crop.Width * view.PixelWidth)), 60, 2 * TileWidth);

    /// <summary>The part of the picture that holds mask, truth and prompt on all slices, with what surrounds them.</summary>
    internal static SKRectI Crop(SliceView view, SliceAxis axis, LabelledStructure mask, LabelledStructure? truth, SlicePrompt? prompt)
    {
        var (left, top, right, bottom) = (double.MaxValue, double.MaxValue, double.MinValue, double.MinValue);
        void Include(double x, double y)
        {
            var (u, v) = view.ToPicture(x, y);
            (left, top, right, bottom) = (Math.Min(left, u), Math.Min(top, v), Math.Max(right, u), Math.Max(bottom, v));
        }

        var structures = truth is { } known ? [mask, known] : new[] { mask };
        foreach (var structure in structures)
        {
            for (var index = 0; index < structure.Map.Geometry.SliceShape(axis).Count; index++)
            {
                var box = structure.Slice(axis, index).BoundingBox();
                if (box.IsEmpty)
                    continue;
                Include(box.X, box.Y);
                Include(box.X + box.Width - 1, box.Y + box.Height - 1);
            }
        }

        if (prompt?.Box is { } drawn)
        {
            Include(drawn.X0, drawn.Y0);
            Include(drawn.X1, drawn.Y1);
        }

        foreach (var point in prompt?.Points ?? [])
            Include(point.X, point.Y);
        if (right < left)
            return new SKRectI(0, 0, view.Width, view.Height);

        var (marginX, marginY) = ((int)(Margin / view.PixelWidth), (int)(Margin / view.PixelHeight));
        return SKRectI.Intersect(
            new SKRectI(0, 0, view.Width, view.Height),
            new SKRectI((int)Math.Floor(left) - marginX, (int)Math.Floor(top) - marginY, (int)Math.Ceiling(right) + marginX + 1, (int)Math.Ceiling(bottom) + marginY + 1));
    }

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

    private static string Millilitres(LabelledStructure structure)
    {
        var millilitres = structure.Map.Count(structure.Label) * Math.Abs(structure.Map.Geometry.IjkToLps.Determinant) / 1000;
        return millilitres.ToString(millilitres < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ml";
    }

    internal static string Number(double dice) => dice.ToString("0.000", CultureInfo.InvariantCulture);
}
