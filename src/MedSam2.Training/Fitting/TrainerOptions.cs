using MedSam2.Inference;
using MedSam2.Training.Losses;

namespace MedSam2.Training.Fitting;

/// <summary>What of the network learns.</summary>
public enum TrainedParts
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Everything but the image encoder.</summary>
    WithoutEncoder,

    /// <summary>The encoder's trunk by low-rank adapters of its matrices (LoRA), all but the encoder as it is: for small data.</summary>
    Adapters,

    /// <summary>What remembers and tells whether the object is there: answers to prompts keep their masks.</summary>
    Memory,

    /// <summary>All that <see cref="Memory"/> leaves alone: what encodes slices and answers prompts. Tracking learns to live with the memory as it is.</summary>
    WithoutMemory,

    /// <summary>The mask decoder alone: the warm-up of a network that knows nothing yet.</summary>
    Decoder,
}

/// <summary>How a network is fitted.</summary>
public sealed record TrainerOptions
{
    /// <summary>Optimiser steps in all; the learning rate reaches its end there.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Batches whose gradients are added up for one optimiser step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>
    /// Copies of the network that share the accumulated batches of a step and work at the same time, on a CPU: one for each core makes the most of a
    /// small network. With dropout or drop path a run then no longer repeats bit for bit.
    /// </summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Share of <see cref="LearningRate"/> that is left at the end of the cosine.</summary>
    public double FinalShare { get; init; } = 0.02;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public int WarmUp { get; init; } = 50;

    /// <summary>AdamW's decay, for matrices and kernels alone (not for biases, norms and embeddings).</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Gradients are scaled down to this norm.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Share that the moving average of the weights keeps in a step.</summary>
    public double Average { get; init; } = 0.995;

    /// <summary>Steps between checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 200;

    /// <summary>Seed of prompts and dropout; data have their own.</summary>
    public int Seed { get; init; }

    /// <summary>Which weights learn.</summary>
    public TrainedParts Parts { get; init; } = TrainedParts.All;

    /// <summary>Rank of the adapters (1 to 256).</summary>
    public int AdapterRank { get; init; } = 8;

    /// <summary>How strongly adapters act, in ranks: 2 doubles what they learn.</summary>
    public double AdapterScale { get; init; } = 2;

    /// <summary>Weights of the loss terms.</summary>
    public LossWeights Loss { get; init; } = new();

    /// <summary>How slices are prompted.</summary>
    public PromptPlan Prompts { get; init; } = new();

    /// <summary>
    /// What sequences remember: bank and resampling; the rest of the options plays no part. By default as volumes are tracked. Stochastic draws come from
    /// <see cref="Seed"/>.
    /// </summary>
    public TrackingOptions Tracking { get; init; } = new();

    /// <summary>The learning rate of a step (from 0): linear warm-up, then half a cosine.</summary>
    public double LearningRateAt(int step)
    {
        if (step < WarmUp)
            return LearningRate * (step + 1) / WarmUp;
        var done = Math.Min(1, (step - WarmUp) / (double)Math.Max(1, Steps - WarmUp));
        return LearningRate * (FinalShare + ((1 - FinalShare) * 0.5 * (1 + Math.Cos(Math.PI * done))));
    }
}
