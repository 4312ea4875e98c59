using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>How a scene is cut into parallel slices: orientation, place, zoom, rotation, bending, padding.</summary>
internal sealed class SceneView
{
    private readonly int side;
    private readonly int axis;
    private readonly double[] matrix = new double[4];
    private readonly (double X, double Y) shift;
    private readonly double[] bendX;
    private readonly double[] bendY;
    private readonly double first;
    private readonly double step;
    private readonly (int Slice, double Depth) elsewhere = (-1, 0);

    /// <param name="random">Source of all choices.</param>
    /// <param name="scene">What is cut.</param>
    /// <param name="size">Pixels along an edge of a slice.</param>
    /// <param name="slices">Number of slices.</param>
    /// <param name="field">Field of view, 1 being the scene's edge: the least and the most of it.</param>
    /// <param name="mostStep">Largest distance between slices, in 128ths of the scene's edge.</param>
    public SceneView(Random random, Scene scene, int size, int slices, (double Least, double Most) field, double mostStep)
    {
        side = scene.Side;
        Size = size;
        axis = scene.Axial > 0 && random.NextDouble() < scene.Axial ? 2 : random.Next(3);
        var zoom = side / (double)size * Math.Exp(Blob.Uniform(random, Math.Log(field.Least), Math.Log(field.Most)));
        var aspect = Math.Exp(Blob.Uniform(random, -0.2, 0.2));
        var angle = random.NextDouble() < 0.5 ? Blob.Uniform(random, -0.2, 0.2) : Blob.Uniform(random, 0, 2 * Math.PI);
        var flip = random.NextDouble() < 0.5 ? -1 : 1;
        matrix[0] = zoom * aspect * Math.Cos(angle);
        matrix[1] = -zoom / aspect * Math.Sin(angle) * flip;
        matrix[2] = zoom * aspect * Math.Sin(angle);
        matrix[3] = zoom / aspect * Math.Cos(angle) * flip;
        var loose = 0.35 * Math.Max(0, side - (zoom * size * 0.8));
        shift = ((side / 2.0) + Blob.Uniform(random, -loose, loose), (side / 2.0) + Blob.Uniform(random, -loose, loose));
        bendX = Wave(random, size);
        bendY = Wave(random, size);

        var most = Math.Clamp(mostStep, 0.5, 100.0 / Math.Max(1, slices - 1)); // the stack stays within the scene
        step = Math.Exp(Blob.Uniform(random, Math.Log(0.5), Math.Log(most))) * (random.NextDouble() < 0.5 ? -1 : 1) * side / 128.0;
        var span = (slices - 1) * step;
        var (low, high) = (0.08 * side, 0.92 * side);
        first = Blob.Uniform(random, low - Math.Min(0, span), high - Math.Max(0, span));
        // A tracker goes on long after its object has ended: the last slice may lie anywhere.
        if (slices > 2 && random.NextDouble() < 0.3)
            elsewhere = (slices - 1, Blob.Uniform(random, 0, side - 1));
        var padded = random.NextDouble();
        var content = (int)(size * Blob.Uniform(random, 0.6, 1));
        (Width, Height) = padded < 0.15 ? (content, size) : padded < 0.3 ? (size, content) : (size, size);
    }

    /// <summary>A part of another view, blown up to as many pixels; without padding.</summary>
    private SceneView(SceneView whole, (double X, double Y) middle, (double Width, double Height) part, double angle, double grain)
    {
        Grain = grain;
        (side, Size, axis, first, step, elsewhere) = (whole.side, whole.Size, whole.axis, whole.first, whole.step, whole.elsewhere);
        (bendX, bendY) = (whole.bendX, whole.bendY);
        (Width, Height) = (Size, Size);
        double px = middle.X - (Size / 2.0), py = middle.Y - (Size / 2.0);
        shift = (whole.shift.X + (whole.matrix[0] * px) + (whole.matrix[1] * py), whole.shift.Y + (whole.matrix[2] * px) + (whole.matrix[3] * py));
        var (sine, cosine) = Math.SinCos(angle);
        for (var row = 0; row < matrix.Length; row += 2)
        {
            matrix[row] = ((whole.matrix[row] * cosine) + (whole.matrix[row + 1] * sine)) * part.Width;
            matrix[row + 1] = ((whole.matrix[row + 1] * cosine) - (whole.matrix[row] * sine)) * part.Height;
        }
    }

    public int Size { get; }

    /// <summary>Voxels of the scene along a pixel's edge.</summary>
    public double VoxelsPerPixel => Math.Sqrt(Math.Abs((matrix[0] * matrix[3]) - (matrix[1] * matrix[2])));

    /// <summary>Pixels along an edge of what the scanner saw as one: a part that is blown up is smooth.</summary>
    public double Grain { get; } = 1;

    /// <summary>Pixels along x that are picture; the rest is padding.</summary>
    public int Width { get; }

    /// <summary>Pixels along y that are picture.</summary>
    public int Height { get; }

    /// <summary>Place of a slice along the stack, voxels.</summary>
    public double Depth(int slice) => slice == elsewhere.Slice ? elsewhere.Depth : first + (slice * step);

    /// <summary>The same slices nearer: a square part of them, as many pixels as before.</summary>
    /// <param name="middle">Middle of the part, pixels.</param>
    /// <param name="part">Edge of the part, 1 being the slice's.</param>
    /// <param name="grain">How many pixels a pixel of the scanner has become along an edge.</param>
    public SceneView Closer((double X, double Y) middle, double part, double grain) => Part(middle, (part, part), 0, grain);

    /// <summary>The same slices nearer, turned and stretched: a rectangular part of them becomes as many pixels as before.</summary>
    /// <param name="middle">Middle of the part, pixels.</param>
    /// <param name="part">Its sides, 1 being the slice's edge.</param>
    /// <param name="angle">How far its sides are turned from x towards y, radians.</param>
    /// <param name="grain">How many pixels a pixel of the scanner has become along an edge.</param>
    public SceneView Part((double X, double Y) middle, (double Width, double Height) part, double angle, double grain) => new(this, middle, part, angle, grain);

    /// <summary>Region of each pixel of a slice; 0 outside of the scene and in the padding.</summary>
    public void ReadRegions(Scene scene, int slice, Span<byte> regions)
    {
        regions.Clear();
        var w = (int)Math.Round(Depth(slice));
        if (w < 0 || w >= side)
            return;
        var (strideU, strideV, strideW) = axis switch { 0 => (side, side * side, 1), 1 => (1, side * side, side), _ => (1, side, side * side) };
        var voxels = scene.Voxels;
        for (var y = 0; y < Height; y++)
        {
            var row = regions.Slice(y * Size, Width);
            var cy = y - (Size / 2.0) + 0.5;
            for (var x = 0; x < row.Length; x++)
            {
                double px = x - (Size / 2.0) + 0.5 + bendX[y], py = cy + bendY[x];
                var u = (int)(shift.X + (matrix[0] * px) + (matrix[1] * py));
                var v = (int)(shift.Y + (matrix[2] * px) + (matrix[3] * py));
                if ((uint)u < (uint)side && (uint)v < (uint)side)
                    row[x] = voxels[(u * strideU) + (v * strideV) + (w * strideW)];
            }
        }
    }

    private static double[] Wave(Random random, int size)
    {
        var wave = new double[size];
        for (var n = 0; n < 3; n++)
        {
            var (turns, phase) = (Blob.Uniform(random, 0.5, 7), Blob.Uniform(random, 0, 2 * Math.PI));
            var height = 0.02 * size * random.NextDouble() / turns;
            for (var k = 0; k < size; k++)
                wave[k] += height * Math.Sin((2 * Math.PI * turns * k / size) + phase);
        }

        return wave;
    }
}
