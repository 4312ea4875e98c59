using MedSam2.Imaging.Geometry;

namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>The volume in the making: grey values and labels, on a grid that is smoothly bent before shapes are looked up in it.</summary>
internal sealed class Canvas
{
    private readonly float[] bendX;
    private readonly float[] bendY;
    private readonly float[] bendZ;
    private readonly double bend;
    private readonly float[][] textures;

    /// <param name="random">Source of all choices.</param>
    /// <param name="options">Size and difficulty.</param>
    /// <param name="sliceStep">Distance between slices where half the field of view is 1.</param>
    public Canvas(Random random, RandomisedVolumeOptions options, double sliceStep)
    {
        Random = random;
        Options = options;
        SliceStep = sliceStep;
        Image = new float[options.Size * options.Size * options.Slices];
        Labels = new byte[Image.Length];

        var cell = Blob.Uniform(random, 0.4, 1.2);
        bend = Blob.Uniform(random, 0, 0.22) * cell;
        bendX = Field(cell);
        bendY = Field(cell);
        bendZ = Field(cell);
        textures = [Field(Blob.Uniform(random, 1.2, 3) * PixelStep), Field(Blob.Uniform(random, 3, 10) * PixelStep), Field(Blob.Uniform(random, 0.15, 0.5))];
    }

    public Random Random { get; }

    public RandomisedVolumeOptions Options { get; }

    public float[] Image { get; }

    public byte[] Labels { get; }

    public double SliceStep { get; }

    public double PixelStep => 2.0 / Options.Size;

    /// <summary>Fills the volume with tissues: each voxel belongs to the largest of several smooth fields.</summary>
    public void PaintPartition(int tissues)
    {
        var best = Field(Blob.Uniform(Random, 0.15, 0.8));
        var tissue = RandomTissue(Random.NextDouble());
        for (var n = 0; n < Image.Length; n++)
            Image[n] = Value(tissue, n);

        for (var k = 1; k < tissues; k++)
        {
            var field = Field(Blob.Uniform(Random, 0.15, 0.8));
            tissue = RandomTissue(Random.NextDouble());
            for (var n = 0; n < Image.Length; n++)
            {
                if (field[n] <= best[n])
                    continue;
                best[n] = field[n];
                Image[n] = Value(tissue, n);
            }
        }
    }

    /// <summary>Gives everything outside of a shape one value, as air has.</summary>
    public void PaintOutside(Shape shape, double mean)
    {
        var air = new Tissue((float)mean, [0, 0, 0]);
        Visit(shape, everywhere: true, (n, distance) =>
        {
            var cover = Math.Clamp(0.5 + (distance / PixelStep), 0, 1);
            if (cover > 0)
                Blend(n, Value(air, n), cover);
            if (distance > 0)
                Labels[n] = 0;
        });
    }

    /// <summary>Paints a shape with a tissue that stands out from what surrounds it as much as the difficulty asks.</summary>
    public void Paint(Shape shape, byte label)
    {
        var tissue = RandomTissue(ContrastingMean(shape));
        Visit(shape, everywhere: false, (n, distance) =>
        {
            var cover = Math.Clamp(0.5 - (distance / PixelStep), 0, 1); // partial volume at the border
            if (cover <= 0)
                return;
            Blend(n, Value(tissue, n), cover);
            if (distance < 0)
                Labels[n] = label;
        });
    }

    private double ContrastingMean(Shape shape)
    {
        double sum = 0;
        var count = 0;
        Visit(shape, everywhere: false, (n, distance) =>
        {
            if (distance is > 0 and < 0.06)
            {
                sum += Image[n];
                count++;
            }
        });
        var around = count > 0 ? sum / count : 0.5;
        var least = 0.35 - (0.29 * Options.Difficulty);
        double mean;
        do
            mean = Random.NextDouble();
        while (Math.Abs(mean - around) < least);
        return mean;
    }

    private Tissue RandomTissue(double mean)
    {
        var amplitude = 0.1 * Options.Difficulty * Random.NextDouble();
        var weights = new float[textures.Length];
        for (var n = 0; n < weights.Length; n++)
            weights[n] = (float)(amplitude * Random.NextDouble());
        return new((float)mean, weights);
    }

    private float Value(Tissue tissue, int n)
    {
        var value = tissue.Mean;
        for (var t = 0; t < textures.Length; t++)
            value += tissue.Texture[t] * textures[t][n];
        return value;
    }

    private void Blend(int n, float value, double cover) => Image[n] += (float)cover * (value - Image[n]);

    private float[] Field(double cell) => SmoothField.Create(
        Random, (Options.Size, Options.Size, Options.Slices), (cell / PixelStep, cell / PixelStep, cell / SliceStep));

    /// <summary>
    /// Calls with each voxel's distance. The distance is computed on every second pixel and interpolated: it is smooth, and
    /// it is what making a volume spends its time on.
    /// </summary>
    private void Visit(Shape shape, bool everywhere, Action<int, double> visit)
    {
        const int stride = 2;
        int size = Options.Size, slices = Options.Slices;
        var (center, radius) = shape.Bounds;
        radius += (3 * bend) + 0.07;
        var (x0, x1) = everywhere ? (0, size - 1) : Range(center.X, radius, PixelStep, size);
        var (y0, y1) = everywhere ? (0, size - 1) : Range(center.Y, radius, PixelStep, size);
        var (z0, z1) = everywhere ? (0, slices - 1) : Range(center.Z, radius, SliceStep, slices);
        if (x0 > x1 || y0 > y1 || z0 > z1)
            return;

        int nx = ((x1 - x0) / stride) + 2, ny = ((y1 - y0) / stride) + 2;
        var coarse = new double[nx * ny];
        for (var z = z0; z <= z1; z++)
        {
            for (var cy = 0; cy < ny; cy++)
            {
                for (var cx = 0; cx < nx; cx++)
                    coarse[(cy * nx) + cx] = shape.Distance(At(x0 + (cx * stride), y0 + (cy * stride), z));
            }

            for (var y = y0; y <= y1; y++)
            {
                int cy = (y - y0) / stride, oddY = (y - y0) % stride;
                for (var x = x0; x <= x1; x++)
                {
                    int at = (cy * nx) + ((x - x0) / stride), oddX = (x - x0) % stride;
                    var distance = (coarse[at] + coarse[at + oddX] + coarse[at + (oddY * nx)] + coarse[at + (oddY * nx) + oddX]) / 4;
                    visit((((z * size) + y) * size) + x, distance);
                }
            }
        }
    }

    private Vector3D At(int x, int y, int z)
    {
        var size = Options.Size;
        var n = (((z * size) + Math.Min(y, size - 1)) * size) + Math.Min(x, size - 1);
        return new(
            ((x + 0.5) * PixelStep) - 1 + (bend * bendX[n]),
            ((y + 0.5) * PixelStep) - 1 + (bend * bendY[n]),
            ((z - ((Options.Slices - 1) / 2.0)) * SliceStep) + (bend * bendZ[n]));
    }

    private static (int First, int Last) Range(double center, double radius, double step, int count)
    {
        var middle = (center / step) + ((count - 1) / 2.0);
        return (Math.Max(0, (int)Math.Floor(middle - (radius / step))), Math.Min(count - 1, (int)Math.Ceiling(middle + (radius / step))));
    }

    private sealed record Tissue(float Mean, float[] Texture);
}
