using FellowOakDicom;
using MedSam2.Studies.Store;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Server.DicomWeb;

/// <summary>QIDO-RS (PS3.18 10.6): studies, series and instances, everywhere or within one study or series.</summary>
internal static class QueryEndpoints
{
    public static void MapQuery(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies", (HttpContext context, StudyStore store) => AnswerAsync(context, store, new(QueryLevel.Study)));
        routes.MapGet("/series", (HttpContext context, StudyStore store) => AnswerAsync(context, store, new(QueryLevel.Series)));
        routes.MapGet("/instances", (HttpContext context, StudyStore store) => AnswerAsync(context, store, new(QueryLevel.Instance)));
        routes.MapGet("/studies/{study}/series", (HttpContext context, StudyStore store, string study) =>
            AnswerAsync(context, store, Within(QueryLevel.Series, new InstanceKey(study))));
        routes.MapGet("/studies/{study}/instances", (HttpContext context, StudyStore store, string study) =>
            AnswerAsync(context, store, Within(QueryLevel.Instance, new InstanceKey(study))));
        routes.MapGet("/studies/{study}/series/{series}/instances", (HttpContext context, StudyStore store, string study, string series) =>
            AnswerAsync(context, store, Within(QueryLevel.Instance, new InstanceKey(study, series))));
    }

    private static StudyQuery Within(QueryLevel level, InstanceKey key) =>
        new(level) { StudyInstanceUid = key.StudyInstanceUid, SeriesInstanceUid = key.SeriesInstanceUid };

    private static async Task AnswerAsync(HttpContext context, StudyStore store, StudyQuery scope)
    {
        var form = DatasetForm.ForMany(context.Request);
        var query = QueryParameters.Read(context.Request.Query, scope);
        var answer = await store.QueryAsync(query, context.RequestAborted);

        if (answer.IsCut)
            context.Response.Headers.Append("Warning", $"299 {context.Request.Host} \"The number of results exceeded the maximum supported by the server. Additional results can be requested.\"");
        if (string.Equals(context.Request.Query["fuzzymatching"], "true", StringComparison.OrdinalIgnoreCase))
            context.Response.Headers.Append("Warning", $"299 {context.Request.Host} \"The fuzzymatching parameter is not supported. Only literal matching has been performed.\"");

        var urls = new ResourceUrls(context.Request);
        await DatasetAnswer.WriteAsync(context, form, answer.Matches.Select(match => form.Write(WithUrl(match, query.Level, urls))).ToAsyncEnumerable());
    }

    private static DicomDataset WithUrl(DicomDataset match, QueryLevel level, ResourceUrls urls)
    {
        var study = match.GetString(DicomTag.StudyInstanceUID);
        var url = level switch
        {
            QueryLevel.Study => urls.Study(study),
            QueryLevel.Series => urls.Series(study, match.GetString(DicomTag.SeriesInstanceUID)),
            _ => urls.Instance(study, match.GetString(DicomTag.SeriesInstanceUID), match.GetString(DicomTag.SOPInstanceUID)),
        };
        return match.AddOrUpdate(DicomTag.RetrieveURL, url);
    }
}
