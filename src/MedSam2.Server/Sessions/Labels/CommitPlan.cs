using Dicom.Segmentation;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Sessions.Labels;

/// <summary>What is to be stored.</summary>
/// <param name="ObjectIds">Null: all that are somewhere.</param>
/// <param name="Names">Names and codes in place of the objects' own.</param>
/// <param name="Tag">What kind of label it is.</param>
/// <param name="Encoding">Of the SEG.</param>
internal sealed record CommitPlan(int[]? ObjectIds, IReadOnlyDictionary<int, CommitLabel> Names, string Tag, SegmentationEncoding Encoding)
{
    /// <exception cref="RequestException">A value is unknown or missing.</exception>
    /// <exception cref="MedSam2.Studies.Store.StudyStoreException">The tag is no name.</exception>
    public static CommitPlan Read(CommitRequest request) => new(
        request.ObjectIds is { Count: > 0 } ids ? [.. ids.Distinct()] : null,
        (request.Labels ?? []).Where(l => l is not null).ToLookup(l => l.ObjectId ?? throw RequestException.BadRequest("Each of 'labels' needs an 'objectId'.")).ToDictionary(l => l.Key, l => l.Last()),
        DatastoreName.Require(request.Tag ?? DatastoreLabel.Final, "tag"),
        request.Encoding switch
        {
            null or "binary" => SegmentationEncoding.Binary,
            "labelmap" => SegmentationEncoding.LabelMap,
            _ => throw RequestException.BadRequest("'encoding' must be \"binary\" or \"labelmap\"."),
        });
}

/// <summary>What was taken out of a session to be stored.</summary>
internal sealed class CommitContent
{
    public List<CommittedObject> Objects { get; } = [];

    /// <summary>SHA-256 over all that was said until then.</summary>
    public string LogHash { get; set; } = "";
}

/// <summary>An object to be stored.</summary>
/// <param name="Id">The client's number.</param>
/// <param name="Label">What it is called.</param>
/// <param name="IsPainted">Whether a person painted all of it.</param>
/// <param name="Slices">Each slice along k.</param>
internal sealed record CommittedObject(int Id, ObjectLabel Label, bool IsPainted, IReadOnlyList<MaskRuns> Slices);

/// <summary>How a segmentation came about.</summary>
/// <param name="Model">The network.</param>
/// <param name="SessionId">Where it was made.</param>
/// <param name="LogHash">SHA-256 over all that was said.</param>
/// <param name="Method">How objects were tracked, in words.</param>
/// <param name="User">Who committed it.</param>
internal sealed record Provenance(SegmentationModel Model, string SessionId, string LogHash, string Method, string User);
