using System.Globalization;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;

namespace MedSam2.Server.Method;

/// <summary>The method in words, for what is stored: all that somebody may choose and that changes the masks.</summary>
internal static class MethodRecord
{
    /// <param name="options">How objects were tracked.</param>
    /// <param name="orientations">Along which stacks, where nobody said otherwise.</param>
    /// <param name="window">The grey window that the network saw the image through.</param>
    /// <returns>Such as <c>window -160 to 240; bank self-sorting, capacity 6, threshold 0.2; resampling expected, temperature 1, seed 0; orientations axial</c>.</returns>
    public static string Describe(TrackingOptions options, OrientationChoice orientations, IntensityWindow window)
    {
        var bank = options.Bank is MemoryBankKind.Fifo
            ? "bank fifo"
            : string.Create(CultureInfo.InvariantCulture, $"bank {MethodNames.Banks.NameOf(options.Bank)}, capacity {options.Capacity}, threshold {options.ConfidenceThreshold}");
        var resampling = options.Resampling is MemoryResampling.None
            ? "resampling none"
            : string.Create(CultureInfo.InvariantCulture, $"resampling {MethodNames.Resamplings.NameOf(options.Resampling)}, temperature {options.Temperature}, seed {options.Seed}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"window {window.Low} to {window.High}; {bank}; {resampling}; orientations {MethodNames.Orientations.NameOf(orientations)}{(options.CloserLook ? "; closer look" : "")}");
    }
}
