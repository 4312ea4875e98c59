using MedSam2.Training.Data.Labelled;
using MedSam2.Training.Fitting;
using MedSam2.Training.Fitting.Frozen;

namespace MedSam2.Training.FineTuning;

/// <summary>How a network is taught from labelled images.</summary>
public sealed record FineTuneOptions
{
    /// <summary>
    /// Steps, rates, loss, prompts, what learns. A network that knows much already is changed gently: a tenth of the rate
    /// of training from nothing. Masks are compared at the decoder's own resolution: at the image's, the loss costs as much as
    /// the decoder itself, which is most of a step whose encoder is frozen.
    /// </summary>
    public TrainerOptions Trainer { get; init; } = new()
    {
        Steps = 500,
        WarmUp = 25,
        LearningRate = 5e-5,
        WeightDecay = 0.01,
        Parts = TrainedParts.WithoutEncoder,
        CheckpointEvery = 100,
        Loss = new(Quarter: true),
    };

    /// <summary>How images are cut into sequences and varied.</summary>
    public LabelledBatchOptions Batches { get; init; } = new() { Variants = 4 };

    /// <summary>Where the features of a frozen encoder are kept; used where images have a number of variants. Changes nothing but speed.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public FeatureStoreOptions Features { get; init; } = new();

    /// <summary>Share of the patients that are not learnt from but asked about, 0 to 0.9.</summary>
    public double ValidationShare { get; init; } = 0.2;

    /// <summary>Parts patients; all versions of a model should share it, to be compared on patients that none has seen.</summary>
    public int SplitSeed { get; init; }

    /// <exception cref="TrainingException">A value is out of its range; the message names all of them.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(Trainer.Steps is >= 1 and <= 10_000_000, $"steps is {Trainer.Steps}, but must lie in 1 to 10000000");
        Check(Trainer.Accumulate is >= 1 and <= 1000, $"accumulate is {Trainer.Accumulate}, but must lie in 1 to 1000");
        Check(Trainer.LearningRate is > 0 and <= 1, $"learning rate is {Trainer.LearningRate}, but must lie above 0 and up to 1");
        Check(Trainer.WarmUp is >= 0, $"warm-up is {Trainer.WarmUp}, but cannot be negative");
        Check(Trainer.WeightDecay is >= 0 and <= 1, $"weight decay is {Trainer.WeightDecay}, but must lie in 0 to 1");
        Check(Trainer.ClipNorm is > 0, $"clip norm is {Trainer.ClipNorm}, but must be positive");
        Check(Trainer.Average is >= 0 and < 1, $"average is {Trainer.Average}, but must lie in 0 to below 1");
        Check(Trainer.CheckpointEvery >= 1, $"checkpoint every is {Trainer.CheckpointEvery}, but must be at least 1");
        Check(Trainer.AdapterRank is >= 1 and <= 256, $"rank is {Trainer.AdapterRank}, but must lie in 1 to 256");
        Check(Batches.SlicesPerBatch is >= 1 and <= 256, $"slices per batch is {Batches.SlicesPerBatch}, but must lie in 1 to 256");
        Check(Batches.MaxObjects is >= 1 and <= 64, $"objects is {Batches.MaxObjects}, but must lie in 1 to 64");
        Check(Batches.Lengths.Count > 0 && Batches.Lengths.All(l => l is >= 1 and <= 64), "lengths of sequences must lie in 1 to 64");
        Check(Batches.Axes.Count > 0, "there is no axis to run along");
        Check(Batches.Variants is >= 0 and <= 1000, $"variants is {Batches.Variants}, but must lie in 0 to 1000");
        Check(ValidationShare is >= 0 and <= 0.9, $"validation share is {ValidationShare}, but must lie in 0 to 0.9");
        try
        {
            Trainer.Tracking.Validate();
        }
        catch (ArgumentException exception)
        {
            faults.Add(exception.Message);
        }

        if (faults.Count > 0)
            throw new TrainingException($"This cannot be trained: {string.Join("; ", faults)}.");

        void Check(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }
    }
}
