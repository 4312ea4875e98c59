using System.Globalization;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>WADO-RS frames and bulk data (PS3.18 10.4.1.1.4 and 10.4.1.1.5).</summary>
internal static class FrameEndpoints
{
    public static void MapFrames(this IEndpointRouteBuilder routes)
    {
        const string instancePath = "/studies/{study}/series/{series}/instances/{instance}";
        routes.MapGet(instancePath + "/frames/{frames}", (HttpContext context, StudyStore store, string study, string series, string instance, string frames) =>
            AnswerFramesAsync(context, store, new InstanceKey(study, series, instance), frames));
        routes.MapGet(instancePath + "/bulkdata/{path}", (HttpContext context, StudyStore store, string study, string series, string instance, string path) =>
            AnswerBulkDataAsync(context, store, new InstanceKey(study, series, instance), path));
    }

    private static async Task AnswerFramesAsync(HttpContext context, StudyStore store, InstanceKey key, string list)
    {
        var instance = (await store.FindInstancesAsync(key, context.RequestAborted))[0];
        var frames = Numbers(list, instance.Frames);
        var content = new FrameContent(InstanceHeader.ReadWhole(instance.Path));
        await WriteFramesAsync(context, content, content.Choose(AcceptedMedia.Of(context.Request)), frames);
    }

    private static async Task AnswerBulkDataAsync(HttpContext context, StudyStore store, InstanceKey key, string path)
    {
        var instance = (await store.FindInstancesAsync(key, context.RequestAborted))[0];
        var file = InstanceHeader.ReadWhole(instance.Path);
        var item = BulkData.Find(file.Dataset, path);
        if (item is DicomFragmentSequence)
        {
            var content = new FrameContent(file);
            await WriteFramesAsync(context, content, content.Choose(AcceptedMedia.Of(context.Request)), Enumerable.Range(0, instance.Frames).ToArray());
            return;
        }

        const string octets = "application/octet-stream";
        var media = AcceptedMedia.Of(context.Request).FirstOrDefault(m => m.Takes(octets) && (m.TakesStored || m.TransferSyntax == DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID));
        if (media == default || item is not DicomElement element)
            throw RequestException.NotAcceptable($"Bulk data come as {octets}, alone or in multipart/related. Ask for one of these.");
        await WriteAsync(context, media, octets, octets, [() => element.Buffer]);
    }

    private static Task WriteFramesAsync(HttpContext context, FrameContent content, FrameForm form, int[] frames) => WriteAsync(
        context, form.Media, form.Type, form.PartType, frames.Select(frame => (Func<IByteBuffer>)(() => content.Read(frame, form.Decoded))).ToArray());

    /// <summary>One value as it is where the sender asked for that, any number of them as parts otherwise.</summary>
    private static async Task WriteAsync(HttpContext context, AcceptedMedia media, string type, string partType, Func<IByteBuffer>[] values)
    {
        var stop = context.RequestAborted;
        var first = values[0]();
        if (!media.IsMultipart && !media.IsAnything)
        {
            if (values.Length > 1)
                throw RequestException.NotAcceptable($"Several values do not fit in one {type} answer. Ask for multipart/related; type=\"{type}\".");
            context.Response.ContentType = partType;
            context.Response.ContentLength = first.Size;
            await first.CopyToStreamAsync(context.Response.Body, stop);
            return;
        }

        var answer = new MultipartAnswer(context.Response, type);
        for (var n = 0; n < values.Length; n++)
        {
            var value = n == 0 ? first : values[n]();
            await answer.BeginPartAsync(partType, stop);
            await value.CopyToStreamAsync(context.Response.Body, stop);
            await answer.EndPartAsync(stop);
        }

        await answer.EndAsync(stop);
    }

    /// <summary>Zero-based frames from a list such as <c>1,3</c>.</summary>
    internal static int[] Numbers(string list, int count)
    {
        var texts = list.Split(',', count + 2);
        if (count == 0)
            throw RequestException.NotFound("The instance has no frames.");
        if (texts.Length > count)
            throw RequestException.BadRequest($"More frames are asked for than the instance has ({count}). Name each frame once.");
        return Array.ConvertAll(texts, text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number >= 1 && number <= count ? number - 1 : throw RequestException.NotFound($"The instance has frames 1 to {count}.")
            : throw RequestException.BadRequest("A frame number is not a number. Give frames as 1 or 1,2,3."));
    }
}
