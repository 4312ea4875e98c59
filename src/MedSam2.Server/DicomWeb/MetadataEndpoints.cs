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
        var form = DatasetForm.ForMany(context.Request);
        var instances = await store.FindInstancesAsync(key, context.RequestAborted);
        await DatasetAnswer.WriteAsync(context, form, ReadAsync(instances, form, new ResourceUrls(context.Request)));
    }

    /// <summary>Reads a few instances ahead of the one being sent.</summary>
    private static async IAsyncEnumerable<string> ReadAsync(IReadOnlyList<StoredInstance> instances, DatasetForm form, ResourceUrls urls)
    {
        var ahead = new Queue<Task<string>>();
        foreach (var instance in instances)
        {
            ahead.Enqueue(Task.Run(() => form.Write(BulkData.Metadata(instance, urls))));
            if (ahead.Count > 2 * Environment.ProcessorCount)
                yield return await ahead.Dequeue();
        }

        while (ahead.TryDequeue(out var next))
            yield return await next;
    }
}
