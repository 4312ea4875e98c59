namespace MedSam2.Training.Data.Augmentation;

/// <summary>How far medical images are varied. All slices of a sequence change alike; the defaults stay within what scanners and patients do.</summary>
public sealed record AugmentationOptions
{
    /// <summary>Nothing is changed.</summary>
    public static AugmentationOptions None { get; } = new() { Mirror = 0, Degrees = 0, Scale = 0, Shift = 0, Gamma = 0, Contrast = 0, Brightness = 0, Bias = 0, Noise = 0 };

    /// <summary>
    /// Chance of a mirror (0 to 1): left and right alone, and only in slices that show both. Head and feet, or front and back, never
    /// change places: gravity, couch and organs tell them apart.
    /// </summary>
    public double Mirror { get; init; } = 0.5;

    /// <summary>Turned by up to so many degrees in the slice (0 to 180).</summary>
    public double Degrees { get; init; } = 15;

    /// <summary>Enlarged or shrunk by up to this share (0 to 0.5).</summary>
    public double Scale { get; init; } = 0.15;

    /// <summary>Moved by up to this share of the slice's size (0 to 0.5).</summary>
    public double Shift { get; init; } = 0.05;

    /// <summary>Grey values v become v to the power of <c>exp(±this)</c> (0 to 1).</summary>
    public double Gamma { get; init; } = 0.3;

    /// <summary>Contrast grows or falls by up to this share (0 to 0.9).</summary>
    public double Contrast { get; init; } = 0.2;

    /// <summary>Brightness moves by up to this share of the window (0 to 0.5).</summary>
    public double Brightness { get; init; } = 0.1;

    /// <summary>A smooth field multiplies grey values, as coils do: by 1 ± this at most in nearly all draws, by 1 ± twice this in the rarest (0 to 0.9).</summary>
    public double Bias { get; init; } = 0.2;

    /// <summary>Largest standard deviation of noise, as a share of the window (0 to 0.5).</summary>
    public double Noise { get; init; } = 0.04;
}
