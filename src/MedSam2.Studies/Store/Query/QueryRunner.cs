using FellowOakDicom;
using MedSam2.Studies.Store.Index;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store.Query;

/// <summary>Answers queries from the index; only attributes that it lacks are read from files.</summary>
internal sealed class QueryRunner(IndexDatabase database, StoreFolders folders, StoreLimits limits)
{
    public async Task<QueryAnswer> RunAsync(StudyQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        await using var context = database.NewContext();
        var limit = Math.Min(query.Limit ?? int.MaxValue, limits.MaxQueryResults);
        var rows = await Matching(context, query).Skip(query.Offset).Take(limit + 1).ToListAsync(cancellationToken);
        var isCut = rows.Count > limit && limit == limits.MaxQueryResults;
        if (rows.Count > limit)
            rows.RemoveAt(limit);

        var summaries = query.Level == QueryLevel.Study ? await SummariesAsync(context, rows, cancellationToken) : null;
        var answers = rows.ConvertAll(row => query.Level switch
        {
            QueryLevel.Study => QueryDatasets.OfStudy(row, summaries![row.Study.Id]),
            QueryLevel.Series => QueryDatasets.OfSeries(row),
            _ => QueryDatasets.OfInstance(row),
        });
        if (query.IncludeAll || query.Include.Count > 0)
        {
            for (var n = 0; n < rows.Count; n++)
                await IncludeAsync(context, query, rows[n], answers[n], cancellationToken);
        }

        return new(answers, isCut);
    }

    internal static IQueryable<QueryRow> Matching(IndexContext context, StudyQuery query)
    {
        var rows = query.Level switch
        {
            QueryLevel.Study => context.Studies.AsNoTracking().Select(s => new QueryRow { Study = s }),
            QueryLevel.Series => context.Series.AsNoTracking().Select(s => new QueryRow { Study = s.Study, Series = s }),
            _ => context.Instances.AsNoTracking().Select(i => new QueryRow { Study = i.Series.Study, Series = i.Series, Instance = i }),
        };
        if (query.StudyInstanceUid is { } study)
            rows = rows.Where(r => r.Study.StudyInstanceUid == study);
        if (query.SeriesInstanceUid is { } series)
            rows = rows.Where(r => r.Series.SeriesInstanceUid == series);

        foreach (var filter in query.Filters)
        {
            if (string.IsNullOrEmpty(filter.Value) || filter.Value == "*")
                continue;
            rows = filter.Tag == DicomTag.ModalitiesInStudy
                ? WithModality(rows, filter.Value)
                : rows.Where(AttributeMatch.Condition(SearchableAttribute.Find(filter.Tag, query.Level), filter.Value));
        }

        return query.Level switch
        {
            QueryLevel.Study => rows.OrderBy(r => r.Study.Id),
            QueryLevel.Series => rows.OrderBy(r => r.Study.Id).ThenBy(r => r.Series.SeriesNumber).ThenBy(r => r.Series.Id),
            // Over all studies the order of arrival is good enough, and the database pages through it without sorting.
            _ when query.StudyInstanceUid is null => rows.OrderBy(r => r.Instance.Id),
            _ => rows.OrderBy(r => r.Study.Id).ThenBy(r => r.Series.SeriesNumber).ThenBy(r => r.Series.Id).ThenBy(r => r.Instance.InstanceNumber).ThenBy(r => r.Instance.Id),
        };
    }

    private static IQueryable<QueryRow> WithModality(IQueryable<QueryRow> rows, string value)
    {
        var modalities = value.Split(['\\', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return rows.Where(r => r.Study.Series.Any(s => modalities.Contains(s.Modality)));
    }

    private static async Task<Dictionary<int, StudySummary>> SummariesAsync(IndexContext context, List<QueryRow> rows, CancellationToken cancellationToken)
    {
        var summaries = rows.ToDictionary(r => r.Study.Id, _ => new StudySummary());
        foreach (var ids in summaries.Keys.Chunk(2000))
        {
            var series = context.Series.Where(s => ids.Contains(s.StudyRowId)).Select(s => new { s.StudyRowId, s.Modality, s.InstanceCount });
            foreach (var one in await series.ToListAsync(cancellationToken))
                summaries[one.StudyRowId].Add(one.Modality, one.InstanceCount);
        }

        return summaries;
    }

    private async Task IncludeAsync(IndexContext context, StudyQuery query, QueryRow row, DicomDataset answer, CancellationToken cancellationToken)
    {
        var wanted = query.Include.Where(tag => !answer.Contains(tag)).ToArray();
        if (wanted.Length == 0 && !query.IncludeAll)
            return;

        var first = query.Level switch
        {
            QueryLevel.Study => await context.Instances.AsNoTracking().Where(i => i.Series.StudyRowId == row.Study.Id).OrderBy(i => i.Id).FirstAsync(cancellationToken),
            QueryLevel.Series => await context.Instances.AsNoTracking().Where(i => i.SeriesRowId == row.Series.Id).OrderBy(i => i.Id).FirstAsync(cancellationToken),
            _ => row.Instance,
        };
        QueryDatasets.Include(answer, InstanceHeader.Read(folders.FullPathOf(first)), wanted, query.IncludeAll ? query.Level : null);
    }
}

/// <summary>What a study's series add up to.</summary>
internal sealed class StudySummary
{
    public SortedSet<string> Modalities { get; } = new(StringComparer.Ordinal);

    public int Series { get; private set; }

    public int Instances { get; private set; }

    public void Add(string modality, int instances)
    {
        if (modality.Length > 0)
            Modalities.Add(modality);
        Series++;
        Instances += instances;
    }
}
