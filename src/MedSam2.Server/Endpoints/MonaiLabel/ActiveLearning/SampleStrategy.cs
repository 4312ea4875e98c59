using MedSam2.Server.Datastore;

namespace MedSam2.Server.Endpoints.MonaiLabel.ActiveLearning;

/// <summary>
/// A way to choose the next image. To add one: an instance here, and an entry in <see cref="All"/>; clients list it by themselves.
/// </summary>
/// <param name="Name">The last part of <c>/activelearning/{strategy}</c>.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Choose">Picks from at least one candidate, which come by their ids, each with the seconds since it was last served.</param>
internal sealed record SampleStrategy(string Name, string Description, Func<IReadOnlyList<(CatalogImage Image, long Weight)>, (CatalogImage Image, long Weight)> Choose)
{
    /// <summary>OHIF can call no other than the one named <c>random</c>.</summary>
    public static readonly IReadOnlyList<SampleStrategy> All =
    [
        new("random", "Random, those served long ago first", ByWeight),
        new("first", "The first that has no label", candidates => candidates[0]),
    ];

    public static SampleStrategy? Find(string name) => All.FirstOrDefault(strategy => strategy.Name == name);

    private static (CatalogImage Image, long Weight) ByWeight(IReadOnlyList<(CatalogImage Image, long Weight)> candidates)
    {
        var left = Random.Shared.NextDouble() * candidates.Sum(candidate => (double)Math.Max(candidate.Weight, 1));
        foreach (var candidate in candidates)
        {
            left -= Math.Max(candidate.Weight, 1);
            if (left < 0)
                return candidate;
        }

        return candidates[^1];
    }
}
