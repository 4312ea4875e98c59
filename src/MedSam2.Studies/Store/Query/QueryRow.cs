using MedSam2.Studies.Store.Index;

namespace MedSam2.Studies.Store.Query;

/// <summary>A row of a query's answer, down to the level asked for.</summary>
internal sealed class QueryRow
{
    public required StudyRow Study { get; init; }

    public SeriesRow Series { get; init; } = null!;

    public InstanceRow Instance { get; init; } = null!;
}
