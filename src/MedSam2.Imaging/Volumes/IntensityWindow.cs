namespace MedSam2.Imaging.Volumes;

/// <summary>A linear grey window over real values: <paramref name="Low"/> becomes 0 and <paramref name="High"/> becomes 255.</summary>
public readonly record struct IntensityWindow(float Low, float High)
{
    /// <summary>From DICOM's centre and width (PS3.3 C.11.2.1.2, in its continuous form).</summary>
    public static IntensityWindow FromCenterWidth(float center, float width) => new(center - (width / 2), center + (width / 2));
}
