namespace MedSam2.Studies.Series;

/// <summary>Slices that belong together, in the order that they are to be stacked unless they are sorted by place.</summary>
internal sealed record SeriesPart(SeriesKind Kind, IReadOnlyList<SliceToRead> Slices);
