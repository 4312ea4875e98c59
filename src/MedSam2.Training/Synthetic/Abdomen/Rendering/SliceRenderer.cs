using System.Numerics;

namespace MedSam2.Training.Synthetic.Abdomen.Rendering;

/// <summary>
/// Paints tissues over each other on one plane. A picture is worked through in tiles: a tissue that is far from a tile's
/// centre is either all of it or nothing, so only tiles at surfaces are looked at pixel by pixel.
/// One renderer serves one thread; tissues are shared.
/// </summary>
internal sealed class SliceRenderer(AbdominalAnatomy anatomy, Distortion distortion, int width, int height, Vector2 origin, float pixel)
{
    private const int Tile = 8;
    private const float HalfEdge = 0.55f;

    private readonly Place[] _places = new Place[width * height];

    /// <summary>Paints density over what <paramref name="density"/> holds, and labels where given.</summary>
    public void Render(float z, Span<float> density, Span<byte> labels)
    {
        FindPlaces(z);
        foreach (var tissue in anatomy.Tissues)
            Paint(tissue, z, density, labels);
    }

    /// <summary>Distortion and wall are smooth, so they are worked out on every sixth pixel and interpolated.</summary>
    private void FindPlaces(float z)
    {
        const int step = 6;
        var (columns, rows) = ((width / step) + 2, (height / step) + 2);
        var points = new Vector3[columns * rows];
        var walls = new Vector4[columns * rows];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var place = distortion.Apply(new Vector3(origin.X + (column * step * pixel), origin.Y + (row * step * pixel), z));
                var wall = anatomy.Trunk.Locate(place);
                var n = (row * columns) + column;
                (points[n], walls[n]) = (place, new(wall.Skin, wall.Muscle, wall.Cavity, wall.Abdomen));
            }
        }

        for (var y = 0; y < height; y++)
        {
            var (row, v) = (y / step, y % step / (float)step);
            for (var x = 0; x < width; x++)
            {
                var (n, u) = ((row * columns) + (x / step), x % step / (float)step);
                var point = Vector3.Lerp(Vector3.Lerp(points[n], points[n + 1], u), Vector3.Lerp(points[n + columns], points[n + columns + 1], u), v);
                var wall = Vector4.Lerp(Vector4.Lerp(walls[n], walls[n + 1], u), Vector4.Lerp(walls[n + columns], walls[n + columns + 1], u), v);
                _places[(y * width) + x] = new Place(point, new(wall.X, wall.Y, wall.Z, wall.W), -(origin.Y + (y * pixel)));
            }
        }
    }

    private void Paint(Tissue tissue, float z, Span<float> density, Span<byte> labels)
    {
        var (low, high) = (tissue.Bounds.Low - new Vector3(distortion.Largest), tissue.Bounds.High + new Vector3(distortion.Largest));
        if (z < low.Z || z > high.Z)
            return;
        int Pixel(float mm, float from, int size) => Math.Clamp((int)((mm - from) / pixel), 0, size);
        var (left, right) = (Pixel(low.X, origin.X, width) / Tile * Tile, Pixel(high.X, origin.X, width));
        var (top, bottom) = (Pixel(low.Y, origin.Y, height) / Tile * Tile, Pixel(high.Y, origin.Y, height));

        var reach = (Tile * pixel * 0.7072f * distortion.Lipschitz) + 1;
        for (var y = top; y < bottom; y += Tile)
        {
            for (var x = left; x < right; x += Tile)
            {
                var (endX, endY) = (Math.Min(x + Tile, width), Math.Min(y + Tile, height));
                var centre = tissue.Distance(in _places[(Math.Min(y + (Tile / 2), height - 1) * width) + Math.Min(x + (Tile / 2), width - 1)]);
                if (centre < -reach)
                    FillTile(tissue, -centre, (x, endX), (y, endY), density, labels);
                else if (centre < reach)
                    PaintTile(tissue, (x, endX), (y, endY), density, labels);
            }
        }
    }

    /// <summary>Deep inside a tissue its walls are far away, so one depth does for the whole tile.</summary>
    private void FillTile(Tissue tissue, float depth, (int From, int To) columns, (int From, int To) rows, Span<float> density, Span<byte> labels)
    {
        for (var y = rows.From; y < rows.To; y++)
        {
            for (var n = (y * width) + columns.From; n < (y * width) + columns.To; n++)
                density[n] = tissue.Density(in _places[n], depth);
            if (tissue.Label != 0 && !labels.IsEmpty)
                labels[((y * width) + columns.From)..((y * width) + columns.To)].Fill(tissue.Label);
        }
    }

    private void PaintTile(Tissue tissue, (int From, int To) columns, (int From, int To) rows, Span<float> density, Span<byte> labels)
    {
        for (var y = rows.From; y < rows.To; y++)
        {
            for (var x = columns.From; x < columns.To; x++)
            {
                var n = (y * width) + x;
                ref readonly var place = ref _places[n];
                var distance = tissue.Distance(in place);
                if (distance >= HalfEdge)
                    continue;
                var share = MathF.Min(1, (HalfEdge - distance) / (2 * HalfEdge));
                density[n] += share * (tissue.Density(in place, -distance) - density[n]);
                if (share >= 0.5f && tissue.Label != 0 && !labels.IsEmpty)
                    labels[n] = tissue.Label;
            }
        }
    }
}
