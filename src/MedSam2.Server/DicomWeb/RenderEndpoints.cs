using MedSam2.Server.Errors;
using MedSam2.Studies.Rendering;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>
/// WADO-RS rendered frames and thumbnails (PS3.18 10.4.1.1.3): pictures for people. Where no frame is named, the middle
/// one stands for the rest.
/// </summary>
internal static class RenderEndpoints
{
    private static readonly (int Width, int Height) ThumbnailBox = (128, 128);

    public static void MapRender(this IEndpointRouteBuilder routes)
    {
        const string study = "/studies/{study}", series = study + "/series/{series}", instance = series + "/instances/{instance}";
        routes.MapGet(study + "/rendered", (HttpContext context, StudyStore store, string study) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study), null));
        routes.MapGet(series + "/rendered", (HttpContext context, StudyStore store, string study, string series) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study, series), null));
        routes.MapGet(instance + "/rendered", (HttpContext context, StudyStore store, string study, string series, string instance) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study, series, instance), null));
        routes.MapGet(instance + "/frames/{frames}/rendered", (HttpContext context, StudyStore store, string study, string series, string instance, string frames) =>
            AnswerFramesAsync(context, store, new InstanceKey(study, series, instance), frames, null));
        routes.MapGet(study + "/thumbnail", (HttpContext context, StudyStore store, string study) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study), ThumbnailBox));
        routes.MapGet(series + "/thumbnail", (HttpContext context, StudyStore store, string study, string series) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study, series), ThumbnailBox));
        routes.MapGet(instance + "/thumbnail", (HttpContext context, StudyStore store, string study, string series, string instance) =>
            AnswerMiddleAsync(context, store, new InstanceKey(study, series, instance), ThumbnailBox));
        routes.MapGet(instance + "/frames/{frames}/thumbnail", (HttpContext context, StudyStore store, string study, string series, string instance, string frames) =>
            AnswerFramesAsync(context, store, new InstanceKey(study, series, instance), frames, ThumbnailBox));
    }

    private static async Task AnswerMiddleAsync(HttpContext context, StudyStore store, InstanceKey key, (int Width, int Height)? box)
    {
        var wanted = RenderRequest.Read(context.Request, box);
        var images = (await store.FindInstancesAsync(key, context.RequestAborted)).Where(i => i.Frames > 0).ToArray();
        if (images.Length == 0)
            throw RequestException.NotFound("There is no image to draw here, only documents.");
        // The first series with images stands for a study: the ones after it are often made from it.
        var first = images.Where(i => i.SeriesInstanceUid == images[0].SeriesInstanceUid).ToArray();
        var middle = first[first.Length / 2];
        await WriteAsync(context, middle, [middle.Frames / 2], wanted);
    }

    private static async Task AnswerFramesAsync(HttpContext context, StudyStore store, InstanceKey key, string list, (int Width, int Height)? box)
    {
        var wanted = RenderRequest.Read(context.Request, box);
        var instance = (await store.FindInstancesAsync(key, context.RequestAborted))[0];
        await WriteAsync(context, instance, FrameEndpoints.Numbers(list, instance.Frames), wanted);
    }

    private static async Task WriteAsync(HttpContext context, StoredInstance instance, int[] frames, RenderRequest wanted)
    {
        var stop = context.RequestAborted;
        var file = InstanceHeader.ReadWhole(instance.Path);
        byte[] Draw(int frame) => wanted.Encode(FrameRenderer.Render(file, frame, wanted.Window));

        var picture = Draw(frames[0]);
        if (frames.Length == 1)
        {
            context.Response.ContentType = wanted.MediaType;
            context.Response.ContentLength = picture.Length;
            await context.Response.Body.WriteAsync(picture, stop);
            return;
        }

        var answer = new MultipartAnswer(context.Response, wanted.MediaType);
        for (var n = 0; n < frames.Length; n++)
        {
            await answer.BeginPartAsync(wanted.MediaType, stop);
            await context.Response.Body.WriteAsync(n == 0 ? picture : Draw(frames[n]), stop);
            await answer.EndPartAsync(stop);
        }

        await answer.EndAsync(stop);
    }
}
