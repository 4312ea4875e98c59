namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>A way to measure a model beside methods that learn nothing and are given the same prompts.</summary>
/// <remarks>To add one: write a class with a <c>Run</c> that fills the context's results, and name it in <see cref="All"/>.</remarks>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Description">One line for people.</param>
/// <param name="StepsTogether">Whether its steps repeat one question (orders), so that the table shows their mean and spread.</param>
/// <param name="Run">Fills the results.</param>
public sealed record Protocol(string Name, string Description, bool StepsTogether, Action<ProtocolContext> Run)
{
    public static IReadOnlyList<Protocol> All { get; } =
    [
        new("3d-one-prompt", "One prompt on a structure's largest slice; the slice, then the whole volume.", false, OnePromptVolume.Run),
        new("2d-one-prompt", "One prompt on one picture of a set; all others, in several shuffled orders.", true, OnePromptSet.Run),
        new("interactive", "One click, then corrective clicks where the error is deepest: on the slice, and through the volume.", false, Interactive.Run),
        new("prompt-frequency", "1, 2, 4, 8 prompts over a structure's extent: MedSAM-2's memory beside SAM 2's.", false, PromptFrequency.Run),
        new("ablation", "What each part of the memory adds: first in first out, threshold, dissimilarity, resampling.", false, Ablation.Run),
        new("memory-diversity", "How alike the remembered slices are while a structure is tracked (mutual information).", false, MemoryDiversity.Run),
    ];

    public static Protocol? Find(string name) => All.FirstOrDefault(p => p.Name == name);
}
