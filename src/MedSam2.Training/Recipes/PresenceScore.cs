namespace MedSam2.Training.Recipes;

/// <summary>What the occlusion head said of an object on a slice.</summary>
/// <param name="Score">Logit; above 0 the object counts as present.</param>
/// <param name="IsThere">Whether it is there in truth.</param>
/// <param name="IsPrompted">Whether the slice was prompted.</param>
internal sealed record PresenceScore(float Score, bool IsThere, bool IsPrompted);
