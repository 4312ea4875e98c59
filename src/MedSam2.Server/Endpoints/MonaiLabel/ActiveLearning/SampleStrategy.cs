using MedSam2.Training.ActiveLearning;

namespace MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;

/// <summary>
/// A way to choose the next image. To add one: a <see cref="SelectionStrategy"/>, and an entry in <see cref="All"/>; clients list it by themselves.
/// </summary>
/// <param name="Kind">How images are weighed.</param>
/// <param name="Description">One line for people.</param>
internal sealed record SampleStrategy(SelectionStrategy Kind, string Description)
{
    /// <summary>OHIF can call no other than the one named <c>random</c>.</summary>
    public static readonly IReadOnlyList<SampleStrategy> All =
    [
        new(SelectionStrategy.Random, "Random, those served long ago first"),
        new(SelectionStrategy.First, "The first that has no label"),
        new(SelectionStrategy.Uncertainty, "The one that the model is least sure of"),
        new(SelectionStrategy.Diversity, "The one that is least like those with a label"),
        new(SelectionStrategy.Hybrid, "Unsure and unlike at once"),
    ];

    /// <summary>The last part of <c>/activelearning/{strategy}</c>.</summary>
    public string Name { get; } = Kind.ToString().ToLowerInvariant();

    public bool NeedsScores => Selection.NeedsScores(Kind);

    public static SampleStrategy? Find(string name) => All.FirstOrDefault(strategy => strategy.Name == name);
}
