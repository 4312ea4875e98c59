using MedSam2.Inference;

namespace MedSam2.Server.Method;

/// <summary>How somebody wants objects to be tracked; what is null has the method's default.</summary>
internal sealed record MethodChoice
{
    public MemoryBankKind? Bank { get; init; }

    /// <summary>Memories in the bank, 1 to 64.</summary>
    public int? Capacity { get; init; }

    /// <summary>Predicted IoU below which a slice is not remembered, 0 to 1.</summary>
    public double? Threshold { get; init; }

    /// <summary>SAM 2's own memory (<see cref="MemoryBankKind.Fifo"/>) has none, whatever is said here.</summary>
    public MemoryResampling? Resampling { get; init; }

    /// <summary>Of the resampling's softmax, above 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>Of the stochastic resampling's draws.</summary>
    public long? Seed { get; init; }

    /// <param name="defaults">What is taken where nothing is said.</param>
    /// <exception cref="ArgumentException">A value is out of its range; the message names all of them.</exception>
    public TrackingOptions Over(TrackingOptions defaults)
    {
        var bank = Bank ?? defaults.Bank;
        var options = defaults with
        {
            Bank = bank,
            Capacity = Capacity ?? defaults.Capacity,
            ConfidenceThreshold = Threshold ?? defaults.ConfidenceThreshold,
            Resampling = bank is MemoryBankKind.Fifo ? MemoryResampling.None : Resampling ?? defaults.Resampling,
            Temperature = Temperature ?? defaults.Temperature,
            Seed = Seed ?? defaults.Seed,
        };
        options.Validate();
        return options;
    }
}
