using FellowOakDicom;

namespace MedSam2.Studies.Store.Query;

/// <summary>What a query lists.</summary>
public enum QueryLevel
{
    Study,
    Series,
    Instance,
}

/// <summary>One attribute to match (PS3.18 8.3.4.1): a value, a list of UIDs or codes, wildcards, or a range of dates or times.</summary>
public readonly record struct AttributeFilter(DicomTag Tag, string Value);

/// <summary>A search in the store, in the terms of QIDO-RS.</summary>
public sealed record StudyQuery(QueryLevel Level)
{
    /// <summary>Only this study, or null.</summary>
    public string? StudyInstanceUid { get; init; }

    /// <summary>Only this series, or null.</summary>
    public string? SeriesInstanceUid { get; init; }

    /// <summary>All must match. An empty value matches everything.</summary>
    public IReadOnlyList<AttributeFilter> Filters { get; init; } = [];

    public int Offset { get; init; }

    public int? Limit { get; init; }

    /// <summary>Attributes wanted besides the usual ones; they are read from the file of the first instance.</summary>
    public IReadOnlyCollection<DicomTag> Include { get; init; } = [];

    /// <summary>Every attribute of the level.</summary>
    public bool IncludeAll { get; init; }
}

/// <summary>The matches, each as a dataset in Unicode.</summary>
/// <param name="Matches">In an order that stays the same from page to page.</param>
/// <param name="IsCut">Whether the store's limit left out further matches.</param>
public sealed record QueryAnswer(IReadOnlyList<DicomDataset> Matches, bool IsCut);
