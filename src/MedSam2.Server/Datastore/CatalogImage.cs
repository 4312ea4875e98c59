using System.Text.Json.Nodes;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Datastore;

/// <summary>An image that can be labelled: a series of the archive, or a volume of the datastore.</summary>
/// <param name="Id">The Series Instance UID, or the volume's id.</param>
/// <param name="Series">The series; null for a volume.</param>
/// <param name="Record">What the datastore knows of it; null for a series that nobody touched.</param>
internal sealed record CatalogImage(string Id, ImageSeries? Series, DatastoreImage? Record)
{
    /// <summary>Of the file that clients download; a series is sent as NIfTI.</summary>
    public string Extension => Record?.Extension ?? ".nii.gz";

    public string FileName => Id + Extension;

    public bool IsSeries => Series is not null;

    public IReadOnlyList<DatastoreLabel> Labels => Record?.Labels ?? [];

    /// <summary>Whether a person has approved a label, or the archive has a segmentation of it.</summary>
    public bool IsCompleted => Series is { IsSegmented: true } || Record?.Label(DatastoreLabel.Final) is not null;

    /// <summary>What clients are told about it; a copy.</summary>
    public JsonObject Info()
    {
        var info = Record?.Info.DeepClone().AsObject() ?? [];
        if (Series is not null)
        {
            info["SeriesInstanceUID"] = Series.SeriesInstanceUid;
            info["StudyInstanceUID"] = Series.StudyInstanceUid;
            info["PatientID"] = Known(Series.PatientId);
            info["Modality"] = Known(Series.Modality);
            info["StudyDate"] = Known(Series.StudyDate);
            info["StudyTime"] = Known(Series.StudyTime);
        }

        info["name"] = FileName;
        return info;
    }

    // What clients expect for an absent attribute.
    private static string Known(string value) => value is "" ? "UNK" : value;
}
