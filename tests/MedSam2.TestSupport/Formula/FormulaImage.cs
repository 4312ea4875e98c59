namespace MedSam2.TestSupport.Formula;

/// <summary>An ellipse that brightens or darkens the channels of a picture.</summary>
public readonly record struct FormulaEllipse(int CenterY, int CenterX, int RadiusY, int RadiusX, int Red, int Green, int Blue);

/// <summary>Pictures in integer arithmetic: noise of three octaves and ellipses (tests/golden/README.md, section 2).</summary>
public static class FormulaImage
{
    private static readonly (int Shift, int Weight)[] Octaves = [(5, 4), (3, 2), (1, 1)];

    /// <summary>Height x width pixels of RGB, interleaved.</summary>
    public static byte[] Create(string name, int height, int width, params FormulaEllipse[] ellipses)
    {
        var seed = SplitMix.Seed(name);
        var pixels = new byte[height * width * 3];
        Parallel.For(0, height, y =>
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var value = (Noise(seed, c, y, x) / 14) + 40;
                    foreach (var e in ellipses)
                        value += Delta(e, c, y, x);
                    pixels[(((y * width) + x) * 3) + c] = (byte)Math.Clamp(value, 0, 255);
                }
            }
        });
        return pixels;
    }

    /// <summary>The still picture of the golden files, of side <paramref name="size"/>.</summary>
    public static byte[] Still(int size) => Create(
        "golden-image",
        size,
        size,
        new(40 * size / 128, 44 * size / 128, 14 * size / 128, 20 * size / 128, 60, 50, 40),
        new(92 * size / 128, 88 * size / 128, 12 * size / 128, 10 * size / 128, -30, 40, 60));

    /// <summary>Frame <paramref name="frame"/> (0 to 7) of the golden video of side <paramref name="size"/>.</summary>
    public static byte[] VideoFrame(int frame, int size) => Create(
        "golden-seq",
        size,
        size,
        new(
            (40 + (5 * frame)) * size / 128,
            (44 + (3 * frame)) * size / 128,
            (14 + frame) * size / 128,
            (20 - frame) * size / 128,
            60,
            50,
            40),
        new(
            (92 - (4 * frame)) * size / 128,
            (90 - (2 * frame)) * size / 128,
            12 * size / 128,
            (10 + frame) * size / 128,
            -30,
            40,
            60));

    private static int Noise(ulong seed, int c, int y, int x)
    {
        var sum = 0;
        for (var o = 0; o < Octaves.Length; o++)
        {
            var (k, weight) = Octaves[o];
            int side = 1 << k, gy = y >> k, gx = x >> k, fy = y & (side - 1), fx = x & (side - 1);
            var top = (Lattice(seed, c, o, gy, gx) * (side - fx)) + (Lattice(seed, c, o, gy, gx + 1) * fx);
            var bottom = (Lattice(seed, c, o, gy + 1, gx) * (side - fx)) + (Lattice(seed, c, o, gy + 1, gx + 1) * fx);
            sum += weight * (((top * (side - fy)) + (bottom * fy)) >> (2 * k));
        }

        return sum;
    }

    private static int Lattice(ulong seed, int c, int o, int gy, int gx)
    {
        var n = (((((ulong)c * 8) + (ulong)o) * 65536) + (ulong)gy) * 65536 + (ulong)gx;
        return (int)(SplitMix.Output(seed, n) >> 56);
    }

    private static int Delta(FormulaEllipse e, int c, int y, int x)
    {
        long dy = y - e.CenterY, dx = x - e.CenterX, ry = (long)e.RadiusY * e.RadiusY, rx = (long)e.RadiusX * e.RadiusX;
        if ((dy * dy * rx) + (dx * dx * ry) > rx * ry)
            return 0;
        return c switch { 0 => e.Red, 1 => e.Green, _ => e.Blue };
    }
}
