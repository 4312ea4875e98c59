using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.Segmentation;
using MedSam2.Server.Studies;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Datastore;

/// <summary>Keeps the approved label of a series in the archive too, as one DICOM SEG that the next approved label replaces.</summary>
internal sealed class LabelArchive(IStudySource studies, ImageLoader images, SegmentationObjects objects)
{
    /// <summary>Where a label's info says which SEG it became; only this class writes it.</summary>
    public const string Key = "archived";

    /// <summary>A label volume as a SEG about its series; null where it is empty.</summary>
    /// <exception cref="RequestException">The label lies elsewhere than the series.</exception>
    public async Task<DicomFile?> ConvertAsync(CatalogImage image, LabelMap labels, JsonObject info, CancellationToken cancellation)
    {
        if (!LabelPlacement.HoldsAny(labels))
            return null;
        var series = (await images.LoadSeriesAsync(image.Id, cancellation)).Series!;
        return await Task.Run(() => objects.Write(series, LabelPlacement.On(series.Volume.Geometry, labels), info, cancellation), cancellation);
    }

    /// <summary>Checks that a SEG is about this series.</summary>
    /// <exception cref="SegmentationException">It is not, or is damaged.</exception>
    public async Task CheckAsync(CatalogImage image, DicomFile segmentation, CancellationToken cancellation)
    {
        var series = (await images.LoadSeriesAsync(image.Id, cancellation)).Series!;
        SegmentationFrames.Open(segmentation.Dataset).AlignTo(series.SourceHeaders);
    }

    /// <summary>Stores a SEG.</summary>
    public Task<KeptObject> StoreAsync(DicomFile segmentation, CancellationToken cancellation) => studies.StoreAsync(segmentation, cancellation);

    /// <summary>What a label's info keeps of its SEG.</summary>
    public static JsonObject InfoOf(KeptObject kept) => new()
    {
        ["StudyInstanceUID"] = kept.Key.StudyInstanceUid,
        ["SeriesInstanceUID"] = kept.Key.SeriesInstanceUid,
        ["SOPInstanceUID"] = kept.Key.SopInstanceUid,
    };

    /// <summary>Deletes the SEG of a label that is gone or replaced.</summary>
    public async Task RemoveAsync(JsonObject? labelInfo, CancellationToken cancellation)
    {
        if (labelInfo?[Key] is not JsonObject stored)
            return;
        var key = new InstanceKey(stored["StudyInstanceUID"]!.GetValue<string>(), stored["SeriesInstanceUID"]!.GetValue<string>(), stored["SOPInstanceUID"]!.GetValue<string>());
        try
        {
            await studies.DeleteAsync(key, cancellation);
        }
        catch (StudyStoreException e) when (e.Fault is StoreFault.NotFound or StoreFault.ReadOnly)
        {
            // Somebody deleted it over DICOMweb already, or an archive keeps what it was given.
        }
    }
}
