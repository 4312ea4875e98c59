namespace MedSam2.Studies.Rendering;

/// <summary>How real values become grey (PS3.3 C.11.2).</summary>
public enum WindowFunction
{
    /// <summary>DICOM's usual one, in whole steps.</summary>
    Linear,

    /// <summary>The same without the half-step shift.</summary>
    LinearExact,

    Sigmoid,
}

/// <summary>A window over real values, in DICOM's terms.</summary>
public readonly record struct GreyWindow(double Center, double Width, WindowFunction Function = WindowFunction.Linear)
{
    /// <summary>The window that runs from the smallest to the largest value.</summary>
    public static GreyWindow Spanning(ReadOnlySpan<float> values)
    {
        var (low, high) = (float.MaxValue, float.MinValue);
        foreach (var value in values)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return new((low + (double)high) / 2, Math.Max(high - (double)low, 1e-6), WindowFunction.LinearExact);
    }

    /// <summary>Turns values into bytes, 0 to 255.</summary>
    public void Apply(ReadOnlySpan<float> values, Span<byte> grey)
    {
        if (Function == WindowFunction.Sigmoid)
        {
            for (var n = 0; n < values.Length; n++)
                grey[n] = (byte)Math.Round(255 / (1 + Math.Exp(-4 * (values[n] - Center) / Width)));
            return;
        }

        var exact = Function == WindowFunction.LinearExact;
        var scale = 255 / Math.Max(exact ? Width : Width - 1, 1e-6);
        var low = exact ? Center - (Width / 2) : Center - 0.5 - ((Width - 1) / 2);
        for (var n = 0; n < values.Length; n++)
            grey[n] = (byte)Math.Clamp(Math.Round((values[n] - low) * scale), 0, 255);
    }
}
