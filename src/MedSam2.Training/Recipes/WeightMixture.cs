using MedSam2.Training.Fitting;

namespace MedSam2.Training.Recipes;

/// <summary>
/// Weighted means of weights that stages ended with, for each part of the network; a part that is not named stays as it is. Such a mean
/// forgets less than training alone does, and what stages are good at adds up (Wortsman et al., "Model soups", 2022).
/// Shares are by the stage's name, <see cref="Start"/> being what the recipe starts from, and add up to 1.
/// </summary>
public sealed record WeightMixture
{
    /// <summary>In place of a stage's name: the weights that the recipe starts from.</summary>
    public const string Start = "start";

    /// <summary>The image encoder.</summary>
    public IReadOnlyDictionary<string, double>? Encoder { get; init; }

    /// <summary>Prompt encoder and mask decoder without its occlusion head.</summary>
    public IReadOnlyDictionary<string, double>? Decoder { get; init; }

    /// <summary>The head that tells whether the object is on the slice.</summary>
    public IReadOnlyDictionary<string, double>? OcclusionHead { get; init; }

    /// <summary>All else: memory encoder, memory attention, object pointers.</summary>
    public IReadOnlyDictionary<string, double>? Memory { get; init; }

    internal IEnumerable<IReadOnlyDictionary<string, double>> Parts => new[] { Encoder, Decoder, OcclusionHead, Memory }.OfType<IReadOnlyDictionary<string, double>>();

    /// <summary>The shares for a weight by its name in the state dict; null where it stays as it is.</summary>
    internal IReadOnlyDictionary<string, double>? For(string weight) =>
        weight.StartsWith(Trainer.Encoder, StringComparison.Ordinal) ? Encoder
        : weight.StartsWith(Trainer.OcclusionHead, StringComparison.Ordinal) ? OcclusionHead
        : Trainer.Answers.Any(prefix => weight.StartsWith(prefix, StringComparison.Ordinal)) ? Decoder
        : Memory;

    /// <summary>What is wrong with it, in words that go on a sentence; null: nothing.</summary>
    /// <param name="known">What may be named.</param>
    internal string? Fault(IReadOnlyCollection<string> known)
    {
        if (Parts.SelectMany(part => part.Keys).FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            return $"names '{unknown}', which is no earlier stage";
        return Parts.Any(part => part.Values.Any(share => !double.IsFinite(share)) || Math.Abs(part.Values.Sum() - 1) > 1e-6)
            ? "has shares that do not add up to 1"
            : null;
    }
}
