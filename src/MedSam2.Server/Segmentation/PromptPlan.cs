using MedSam2.Inference;

namespace MedSam2.Server.Segmentation;

/// <summary>All that a request says about one object, slice by slice.</summary>
/// <param name="Prompts">Slices that say where the object is; empty where the request does not.</param>
/// <param name="Corrections">Slices that only say where it is not: they correct what was carried there.</param>
/// <param name="Range">The slices to carry the object through; null stays on the prompted one.</param>
internal sealed record PromptPlan(IReadOnlyList<SlicePrompt> Prompts, IReadOnlyList<SlicePrompt> Corrections, PropagationRange? Range);
