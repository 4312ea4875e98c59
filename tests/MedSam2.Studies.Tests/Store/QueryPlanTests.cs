using System.Data;
using FellowOakDicom;
using MedSam2.Studies.Store.Index;
using MedSam2.Studies.Store.Query;
using MedSam2.TestSupport;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace MedSam2.Studies.Tests.Store;

/// <summary>The searches that viewers make look rows up in an index and read no table from end to end, so that they stay fast however large the store is.</summary>
public sealed class QueryPlanTests : IDisposable
{
    private static readonly Dictionary<string, StudyQuery> Queries = new()
    {
        ["a study by UID"] = new(QueryLevel.Study) { StudyInstanceUid = "2.25.1" },
        ["studies of a patient"] = new(QueryLevel.Study) { Filters = [new(DicomTag.PatientID, "P1")] },
        ["studies of a day"] = new(QueryLevel.Study) { Filters = [new(DicomTag.StudyDate, "20200101-20200102")] },
        ["series of a study"] = new(QueryLevel.Series) { StudyInstanceUid = "2.25.1" },
        ["series of a study by modality"] = new(QueryLevel.Series) { StudyInstanceUid = "2.25.1", Filters = [new(DicomTag.Modality, "CT")] },
        ["a series by UID"] = new(QueryLevel.Series) { Filters = [new(DicomTag.SeriesInstanceUID, "2.25.1.1")] },
        ["series by modality"] = new(QueryLevel.Series) { Filters = [new(DicomTag.Modality, "SEG")] },
        ["instances of a series"] = new(QueryLevel.Instance) { StudyInstanceUid = "2.25.1", SeriesInstanceUid = "2.25.1.1" },
        ["instances of a study"] = new(QueryLevel.Instance) { StudyInstanceUid = "2.25.1" },
        ["an instance by UID"] = new(QueryLevel.Instance) { Filters = [new(DicomTag.SOPInstanceUID, "2.25.1.1.1")] },
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Queries.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_search_uses_an_index(string name)
    {
        using var database = IndexDatabase.Open(_folder.File("index.db"));
        await using var context = database.NewContext();
        await using var command = QueryRunner.Matching(context, Queries[name]).Take(100).CreateDbCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
        await context.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);

        var plan = new List<string>();
        await using (var rows = await command.ExecuteReaderAsync(CommandBehavior.Default, TestContext.Current.CancellationToken))
        {
            while (await rows.ReadAsync(TestContext.Current.CancellationToken))
                plan.Add(rows.GetString(3));
        }

        var told = string.Join('\n', plan);
        Assert.True(plan.Exists(step => step.StartsWith("SEARCH", StringComparison.Ordinal) && step.Contains("INDEX IX_", StringComparison.Ordinal)), told);
        // Going through the rows that a step before has found is no reading of a table.
        var found = plan.Where(step => step.StartsWith("CO-ROUTINE ", StringComparison.Ordinal)).Select(step => "SCAN " + step["CO-ROUTINE ".Length..]).ToArray();
        Assert.True(!plan.Exists(step => step.StartsWith("SCAN", StringComparison.Ordinal) && !found.Contains(step)), told);
    }
}
