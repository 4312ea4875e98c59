using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Series;

/// <summary>From the stored values of a frame to real ones: through the table if there is one, then <c>slope * value + intercept</c>.</summary>
internal readonly record struct RealValues(double Slope, double Intercept, ModalityLut? Lut = null)
{
    public RealValues Times(double factor) => this with { Slope = Slope * factor, Intercept = Intercept * factor };

    /// <param name="bytes">Pixels as they are stored, little endian.</param>
    /// <param name="format">How.</param>
    /// <param name="values">One a pixel.</param>
    public void Read(ReadOnlySpan<byte> bytes, PixelFormat format, Span<float> values)
    {
        if (Lut is null)
        {
            StoredValues.ToReal(bytes, format, Slope, Intercept, values);
            return;
        }

        StoredValues.ToReal(bytes, format, 1, 0, values);
        Lut.Apply(values);
        foreach (ref var value in values)
            value = (float)((value * Slope) + Intercept);
    }
}

/// <summary>Windows over real values that are multiplied.</summary>
internal static class IntensityWindows
{
    /// <summary>The same picture for values that are multiplied by a factor; a negative one turns white to black.</summary>
    public static IntensityWindow Times(this IntensityWindow window, double factor)
    {
        var (a, b) = ((float)(window.Low * factor), (float)(window.High * factor));
        return new(Math.Min(a, b), Math.Max(a, b));
    }
}
