using MedSam2.Server.Errors;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>
/// WADO-RS for whole instances (PS3.18 10.4): a study, a series or one instance, as stored or, where the sender names a
/// transfer syntax, in that one.
/// </summary>
internal static class RetrieveEndpoints
{
    private const string Dicom = "application/dicom";

    public static void MapRetrieve(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/studies/{study}", (HttpContext context, StudyStore store, string study) =>
            AnswerAsync(context, store, new InstanceKey(study)));
        routes.MapGet("/studies/{study}/series/{series}", (HttpContext context, StudyStore store, string study, string series) =>
            AnswerAsync(context, store, new InstanceKey(study, series)));
        routes.MapGet("/studies/{study}/series/{series}/instances/{instance}", (HttpContext context, StudyStore store, string study, string series, string instance) =>
            AnswerAsync(context, store, new InstanceKey(study, series, instance)));
    }

    private static async Task AnswerAsync(HttpContext context, StudyStore store, InstanceKey key)
    {
        var instances = await store.FindInstancesAsync(key, context.RequestAborted);
        var accepted = AcceptedMedia.Of(context.Request).Where(m => m.Takes(Dicom)).ToArray();
        if (accepted.Length == 0)
            throw RequestException.NotAcceptable("Instances come as multipart/related; type=\"application/dicom\", one instance also as application/dicom. Ask for one of these.");

        var single = !accepted[0].IsMultipart && !accepted[0].IsAnything;
        if (single && instances.Count != 1)
            throw RequestException.NotAcceptable("Several instances do not fit in one application/dicom answer. Ask for multipart/related; type=\"application/dicom\".");

        var first = InstanceContent.Choose(instances[0], accepted);
        if (single)
        {
            context.Response.ContentType = $"{Dicom}; transfer-syntax={first.TransferSyntax}";
            context.Response.ContentLength = first.Length;
            await first.WriteAsync(context.Response, context.RequestAborted);
            return;
        }

        var answer = new MultipartAnswer(context.Response, Dicom);
        if (instances.All(i => InstanceContent.IsTakenAsStored(i, accepted)))
            context.Response.ContentLength = instances.Sum(i => answer.HeaderLength(PartType(i.TransferSyntaxUid)) + i.Length + 2) + answer.EndLength - 2;
        for (var n = 0; n < instances.Count; n++)
        {
            var content = n == 0 ? first : InstanceContent.Choose(instances[n], accepted);
            await answer.BeginPartAsync(PartType(content.TransferSyntax), context.RequestAborted);
            await content.WriteAsync(context.Response, context.RequestAborted);
            await answer.EndPartAsync(context.RequestAborted);
        }

        await answer.EndAsync(context.RequestAborted);
    }

    private static string PartType(string transferSyntax) => $"{Dicom}; transfer-syntax={transferSyntax}";
}
