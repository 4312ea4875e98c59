using MedSam2.Imaging.Volumes;

namespace MedSam2.Inference.Preprocessing;

/// <summary>Which grey window a volume is shown to the network with.</summary>
public static class WindowSelection
{
    /// <summary>Soft tissue (centre 40, width 400), MedSAM2's window for CT.</summary>
    public static readonly IntensityWindow SoftTissue = IntensityWindow.FromCenterWidth(40, 400);

    private const int MaximumSamples = 1 << 20;

    /// <summary>
    /// The source's own window if it has one; for CT soft tissue; for PET from no uptake, which is zero, to the 99.5 percentile of what
    /// is not; for all else the 0.5 to 99.5 percentiles of what is not zero (zero is air or padding in MR).
    /// </summary>
    public static IntensityWindow For(Volume volume) => volume switch
    {
        { Window: { } window } when window.High > window.Low => window,
        { Modality: "CT" } => SoftTissue,
        { Modality: "PT" } => FromZero(Percentiles(volume.Voxels, 0.005, 0.995)),
        _ => Percentiles(volume.Voxels, 0.005, 0.995),
    };

    private static IntensityWindow FromZero(IntensityWindow window) => window.High > 0 ? window with { Low = 0 } : window;

    /// <summary>Percentiles of the finite, non-zero values; of an evenly spaced million of them in a large volume.</summary>
    public static IntensityWindow Percentiles(Voxels voxels, double low, double high)
    {
        var step = Math.Max(1, voxels.Count / MaximumSamples);
        var samples = new float[voxels.Count / step];
        voxels.Read(0, step, samples);
        var count = 0;
        foreach (var value in samples)
        {
            if (value != 0 && float.IsFinite(value))
                samples[count++] = value;
        }

        if (count == 0)
            return new IntensityWindow(0, 1);
        var sorted = samples.AsSpan(0, count);
        sorted.Sort();
        var window = new IntensityWindow(sorted[(int)(low * (count - 1))], sorted[(int)(high * (count - 1))]);
        return window.High > window.Low ? window : new IntensityWindow(window.Low - 1, window.Low + 1);
    }

    /// <summary>Real values to 8-bit grey; what is not a number becomes black.</summary>
    public static void Apply(IntensityWindow window, ReadOnlySpan<float> values, Span<byte> grey)
    {
        var scale = 255f / (window.High - window.Low);
        for (var n = 0; n < values.Length; n++)
        {
            var level = (values[n] - window.Low) * scale;
            grey[n] = level > 0 ? (byte)(Math.Min(level, 255f) + 0.5f) : (byte)0;
        }
    }
}
