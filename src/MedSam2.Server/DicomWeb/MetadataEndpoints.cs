using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>WADO-RS metadata (PS3.18 10.4.1.1.2): all attributes, with addresses in place of bulk.</summary>
internal static class MetadataEndpoints
{
    public static void MapMetadata(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies/{study}/metadata", (HttpContext context, StudyStore store, string study) =>
            AnswerAsync(context, store, new InstanceKey(study)));
        routes.MapGet("/studies/{study}/series/{series}/metadata", (HttpContext context, StudyStore store, string study, string series) =>
            AnswerAsync(context, store, new InstanceKey(study, series)));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}/metadata", (HttpContext context, StudyStore store, string study, string series, string instance) =>
            AnswerAsync(context, store, new InstanceKey(study, series, instance)));
    }

    private static async Task AnswerAsync(HttpContext context, StudyStore store, InstanceKey key)
    {
        var mediaType = DicomJsonAnswer.Negotiate(context.Request);
        var instances = await store.FindInstancesAsync(key, context.RequestAborted);
        var urls = new ResourceUrls(context.Request);
        var datasets = instances.AsParallel().AsOrdered().WithCancellation(context.RequestAborted)
            .Select(instance => DicomJsonAnswer.ToJson(BulkData.Metadata(instance, urls)));
        await DicomJsonAnswer.WriteAsync(context, mediaType, datasets);
    }
}
