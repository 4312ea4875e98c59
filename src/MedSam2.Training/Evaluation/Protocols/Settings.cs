using MedSam2.Inference;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>The names that tables and plots use.</summary>
public static class Settings
{
    public const string Slice = "prompted slice";
    public const string Volume = "volume";
    public const string OtherPictures = "other pictures";
    public const string Model = "model";
    public const string MedSam2 = "MedSAM-2";
    public const string Sam2 = "SAM 2";

    /// <summary>The parts of the method, each added to the one before (Zhu et al., table 3), from SAM 2's own memory on.</summary>
    public static IReadOnlyList<(string Name, TrackingOptions Options)> Ablation(TrackingOptions options) =>
    [
        ("first in, first out (SAM 2)", options with { Bank = MemoryBankKind.Fifo, Resampling = MemoryResampling.None }),
        ("threshold", options with { Bank = MemoryBankKind.Threshold, Resampling = MemoryResampling.None }),
        ("+ dissimilarity", options with { Bank = MemoryBankKind.SelfSorting, Resampling = MemoryResampling.None }),
        ("+ resampling (MedSAM-2)", options with { Bank = MemoryBankKind.SelfSorting, Resampling = MemoryResampling.Expected }),
    ];
}
