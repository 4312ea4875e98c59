using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store.Index;

/// <summary>Adds and removes instances. The caller sees to it that one change is made at a time.</summary>
internal sealed class StudyIndex(IndexDatabase database)
{
    /// <summary>Rows added in one go, so that a large folder does not hold all its rows in memory.</summary>
    private const int Portion = 2000;

    /// <summary>Adds instances whose files are in place, all or none of a portion of 2000.</summary>
    public async Task AddAsync(IReadOnlyList<InstanceFacts> facts, CancellationToken cancellationToken)
    {
        foreach (var portion in facts.Chunk(Portion))
        {
            await using var context = database.NewContext();
            context.ChangeTracker.AutoDetectChangesEnabled = false;
            var studies = await KnownStudiesAsync(context, portion, cancellationToken);
            var series = await KnownSeriesAsync(context, portion, cancellationToken);
            foreach (var fact in portion)
            {
                if (!studies.TryGetValue(fact.Study.StudyInstanceUid, out var study))
                {
                    study = studies[fact.Study.StudyInstanceUid] = fact.Study;
                    context.Studies.Add(study);
                }

                if (!series.TryGetValue((fact.Study.StudyInstanceUid, fact.Series.SeriesInstanceUid), out var row))
                {
                    row = series[(fact.Study.StudyInstanceUid, fact.Series.SeriesInstanceUid)] = fact.Series;
                    row.Study = study;
                    context.Series.Add(row);
                }

                row.InstanceCount++;
                fact.Instance.Series = row;
                context.Instances.Add(fact.Instance);
            }

            context.ChangeTracker.DetectChanges();
            await context.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>Removes instances, then the series and studies that are left empty.</summary>
    public async Task RemoveAsync(IReadOnlyCollection<int> instanceIds, CancellationToken cancellationToken)
    {
        await using var context = database.NewContext();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        foreach (var portion in instanceIds.Chunk(Portion))
        {
            var touched = await context.Instances.Where(i => portion.Contains(i.Id)).Select(i => i.SeriesRowId).Distinct().ToArrayAsync(cancellationToken);
            await context.Instances.Where(i => portion.Contains(i.Id)).ExecuteDeleteAsync(cancellationToken);
            await context.Series.Where(s => touched.Contains(s.Id) && !s.Instances.Any()).ExecuteDeleteAsync(cancellationToken);
            await context.Series.Where(s => touched.Contains(s.Id))
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.InstanceCount, s => s.Instances.Count), cancellationToken);
        }

        await context.Studies.Where(s => !s.Series.Any()).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<Dictionary<string, StudyRow>> KnownStudiesAsync(IndexContext context, InstanceFacts[] portion, CancellationToken cancellationToken)
    {
        var uids = portion.Select(f => f.Study.StudyInstanceUid).Distinct().ToArray();
        return await context.Studies.Where(s => uids.Contains(s.StudyInstanceUid)).ToDictionaryAsync(s => s.StudyInstanceUid, cancellationToken);
    }

    private static async Task<Dictionary<(string Study, string Series), SeriesRow>> KnownSeriesAsync(
        IndexContext context, InstanceFacts[] portion, CancellationToken cancellationToken)
    {
        var uids = portion.Select(f => f.Series.SeriesInstanceUid).Distinct().ToArray();
        var rows = await context.Series.Include(s => s.Study).Where(s => uids.Contains(s.SeriesInstanceUid)).ToListAsync(cancellationToken);
        return rows.ToDictionary(s => (s.Study.StudyInstanceUid, s.SeriesInstanceUid));
    }
}
