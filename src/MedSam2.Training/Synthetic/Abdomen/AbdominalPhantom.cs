using System.Numerics;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Training.Synthetic.Abdomen.Rendering;

namespace MedSam2.Training.Synthetic.Abdomen;

/// <summary>How an <see cref="AbdominalPhantom"/> is scanned.</summary>
public sealed record AbdominalPhantomOptions
{
    /// <summary>Pixels along a row and a column of a slice.</summary>
    public int Size { get; init; } = 512;

    public int Slices { get; init; } = 40;

    /// <summary>Width and height of a slice in mm.</summary>
    public double FieldOfView { get; init; } = 400;

    /// <summary>Thickness and distance of slices in mm.</summary>
    public double SliceThickness { get; init; } = 5;

    /// <summary>Standard deviation of the noise in the middle of the body, in HU.</summary>
    public double Noise { get; init; } = 11;

    /// <summary>Chooses the shapes, textures and noise. Each seed is another patient.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>
/// A made-up abdomen as CT shows it in the portal venous phase, from the dome of the liver to the fourth lumbar vertebra:
/// implicit surfaces in a smoothly distorted space, painted over each other, with the scanner's slice thickness, blur and noise.
/// The same options give the same voxels. No patient's data went into it.
/// </summary>
/// <param name="Volume">HU, head first supine: i runs to the patient's left, j to the back, k to the head.</param>
/// <param name="Labels">Values of <see cref="AbdominalLabels"/>.</param>
public sealed record AbdominalPhantom(Volume Volume, LabelMap Labels)
{
    private const float Back = 110;

    /// <summary>The lowest slice lies this far below the frame's origin when there are 40 slices of 5 mm.</summary>
    private const float Middle = -1;

    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static AbdominalPhantom Create(AbdominalPhantomOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Size, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Size, 2048);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Slices, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Slices, 1000);

        var geometry = Geometry(options);
        var (stored, labels) = (new short[geometry.VoxelCount], new byte[geometry.VoxelCount]);
        var anatomy = AbdominalAnatomy.Create(options.Seed);
        var distortion = new Distortion(options.Seed * 1000);
        var pixel = (float)geometry.Spacing.X;
        var origin = new Vector2((float)geometry.IjkToLps.Origin.X, (float)geometry.IjkToLps.Origin.Y);
        var scanner = new ScannerModel(options.Size, options.Size, origin, pixel, options.Seed);
        var parallel = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };

        Parallel.For(
            0,
            options.Slices,
            parallel,
            () => new Painter(new SliceRenderer(anatomy, distortion, options.Size, options.Size, origin, pixel), options.Size * options.Size),
            (slice, _, painter) =>
            {
                var area = options.Size * options.Size;
                painter.Paint(scanner, (float)geometry.IjkToLps.Transform(new(0, 0, slice)).Z, (float)options.SliceThickness, labels.AsSpan(slice * area, area));
                scanner.Finish(painter.Mean, (float)options.Noise, slice, stored.AsSpan(slice * area, area));
                return painter;
            },
            _ => { });

        var volume = new Volume(geometry, new Int16Voxels(stored), "CT", IntensityWindow.FromCenterWidth(40, 400));
        return new AbdominalPhantom(volume, new LabelMap(geometry, labels));
    }

    private static VolumeGeometry Geometry(AbdominalPhantomOptions options)
    {
        var pixel = options.FieldOfView / options.Size;
        var corner = -options.FieldOfView / 2 + (pixel / 2);
        const double belowCentre = 15; // the table takes room below the patient
        var bottom = Middle - (options.SliceThickness * (options.Slices - 1) / 2);
        return new(options.Size, options.Size, options.Slices, new Affine(new(pixel, 0, 0), new(0, pixel, 0), new(0, 0, options.SliceThickness), new(corner, corner + belowCentre, bottom)));
    }

    /// <summary>Buffers of one thread. A thick slice is the mean of three planes; its labels are those of the middle one.</summary>
    private sealed class Painter(SliceRenderer renderer, int area)
    {
        private const int Planes = 3;

        private readonly float[] _plane = new float[area];
        private readonly float[] _table = new float[area];

        public float[] Mean { get; } = new float[area];

        public void Paint(ScannerModel scanner, float z, float thickness, Span<byte> labels)
        {
            if (_table[0] == 0)
                scanner.DrawTable(_table, Back);
            Array.Clear(Mean);
            for (var plane = 0; plane < Planes; plane++)
            {
                _table.CopyTo(_plane, 0);
                var offset = ((plane + 0.5f) / Planes) - 0.5f;
                renderer.Render(z + (offset * thickness), _plane, plane == Planes / 2 ? labels : []);
                for (var n = 0; n < area; n++)
                    Mean[n] += _plane[n] / Planes;
            }
        }
    }
}
