using FellowOakDicom;
using MedSam2.Studies.Store;

namespace MedSam2.Server.DicomWeb;

/// <summary>STOW-RS (PS3.18 10.5): 200 where every instance is stored, 202 where some are, 409 where none is.</summary>
internal static class StoreEndpoint
{
    public static void MapStore(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/studies", (HttpContext context, StudyStore store) => StoreAsync(context, store, null));
        routes.MapPost("/studies/{study}", (HttpContext context, StudyStore store, string study) =>
            StoreAsync(context, store, new InstanceKey(study).StudyInstanceUid));
    }

    private static async Task StoreAsync(HttpContext context, StudyStore store, string? study)
    {
        var form = DatasetForm.ForOne(context.Request);
        await using var batch = store.BeginBatch();
        await StoreBody.ReadAsync(context.Request, batch, study, context.RequestAborted);
        var outcomes = await batch.CommitAsync(context.RequestAborted);

        var stored = outcomes.Count(o => o.IsStored);
        context.Response.StatusCode = stored == outcomes.Count ? StatusCodes.Status200OK : stored > 0 ? StatusCodes.Status202Accepted : StatusCodes.Status409Conflict;
        context.Response.ContentType = form.MediaType;
        await context.Response.WriteAsync(form.Write(Answer(outcomes, new ResourceUrls(context.Request))), context.RequestAborted);
    }

    /// <summary>The Store Instances Response Module (PS3.18 annex I).</summary>
    private static DicomDataset Answer(IReadOnlyList<StoreOutcome> outcomes, ResourceUrls urls)
    {
        var answer = new DicomDataset().NotValidated();
        var studies = outcomes.Where(o => o.IsStored).Select(o => o.Key!.Value.StudyInstanceUid).Distinct().ToArray();
        if (studies.Length == 1)
            answer.Add(DicomTag.RetrieveURL, urls.Study(studies[0]));
        AddItems(answer, DicomTag.ReferencedSOPSequence, outcomes.Where(o => o.IsStored).Select(o => Stored(o, urls)));
        AddItems(answer, DicomTag.FailedSOPSequence, outcomes.Where(o => !o.IsStored && o.Key is not null).Select(Failed));
        AddItems(answer, DicomTag.OtherFailuresSequence, outcomes.Where(o => !o.IsStored && o.Key is null).Select(Failed));
        return answer;
    }

    private static void AddItems(DicomDataset answer, DicomTag tag, IEnumerable<DicomDataset> items)
    {
        if (items.ToArray() is { Length: > 0 } all)
            answer.Add(new DicomSequence(tag, all));
    }

    private static DicomDataset Stored(StoreOutcome outcome, ResourceUrls urls)
    {
        var key = outcome.Key!.Value;
        return new DicomDataset().NotValidated()
            .Add(DicomTag.ReferencedSOPClassUID, outcome.SopClassUid)
            .Add(DicomTag.ReferencedSOPInstanceUID, key.SopInstanceUid)
            .Add(DicomTag.RetrieveURL, urls.Instance(key.StudyInstanceUid, key.SeriesInstanceUid!, key.SopInstanceUid!));
    }

    private static DicomDataset Failed(StoreOutcome outcome)
    {
        var item = new DicomDataset().NotValidated();
        if (outcome.Key is { } key)
        {
            item.Add(DicomTag.ReferencedSOPClassUID, outcome.SopClassUid);
            item.Add(DicomTag.ReferencedSOPInstanceUID, key.SopInstanceUid);
        }

        item.Add(DicomTag.FailureReason, (ushort)outcome.Failure);
        // The number says little; the words go where other servers put theirs.
        item.Add(new DicomSequence(DicomTag.FailedAttributesSequence, new DicomDataset().NotValidated().Add(DicomTag.ErrorComment, outcome.Message)));
        return item;
    }
}
