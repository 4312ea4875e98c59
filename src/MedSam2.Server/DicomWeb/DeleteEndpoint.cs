using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>Deletes a study, series or instance. Not in PS3.18; the paths are the ones that archives use.</summary>
internal static class DeleteEndpoint
{
    public static void MapDelete(this IEndpointRouteBuilder routes)
    {
        routes.MapDelete("/studies/{study}", (HttpContext context, StudyStore store, string study) =>
            DeleteAsync(context, store, new InstanceKey(study)));
        routes.MapDelete("/studies/{study}/series/{series}", (HttpContext context, StudyStore store, string study, string series) =>
            DeleteAsync(context, store, new InstanceKey(study, series)));
        routes.MapDelete("/studies/{study}/series/{series}/instances/{instance}", (HttpContext context, StudyStore store, string study, string series, string instance) =>
            DeleteAsync(context, store, new InstanceKey(study, series, instance)));
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, StudyStore store, InstanceKey key)
    {
        await store.DeleteAsync(key, context.RequestAborted);
        return Results.NoContent();
    }
}
