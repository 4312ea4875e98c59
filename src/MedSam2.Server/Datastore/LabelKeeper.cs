using System.Text.Json.Nodes;
using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Studies;
using MedSam2.Studies.Datastore;

namespace MedSam2.Server.Datastore;

/// <summary>Keeps labels: file and record in the datastore, and the approved one of a series as a SEG in the archive too.</summary>
internal sealed class LabelKeeper(ImageDatastore datastore, LabelArchive archive, TimeProvider clock)
{
    /// <summary>Keeps a label in place of the one of the same tag.</summary>
    /// <param name="imageId">What it is about.</param>
    /// <param name="isSeries">Whether that is a series of the archive.</param>
    /// <param name="tag">What kind of label it is.</param>
    /// <param name="extension">The file's.</param>
    /// <param name="incoming">From <see cref="ImageDatastore.NewIncomingPath"/>; it is moved.</param>
    /// <param name="info">What is to be known of it; completed here.</param>
    /// <param name="user">Who saves it; null where nobody is logged in.</param>
    /// <param name="segmentation">The label as a SEG; null for one that does not go to the archive.</param>
    /// <param name="cancellation">Ends the storing of the SEG; the rest is done in any case then.</param>
    /// <returns>The SEG, where there is one.</returns>
    public async Task<KeptObject?> SaveAsync(
        string imageId, bool isSeries, string tag, string extension, string incoming, JsonObject info, string? user, DicomFile? segmentation, CancellationToken cancellation)
    {
        info["ts"] = clock.GetUtcNow().ToUnixTimeSeconds();
        info["name"] = imageId + extension;
        info["user"] = user ?? "admin";
        info.Remove(LabelArchive.Key);
        var kept = segmentation is null ? null : await archive.StoreAsync(segmentation, cancellation);
        if (kept is not null)
            info[LabelArchive.Key] = LabelArchive.InfoOf(kept);
        var former = await datastore.SaveLabelAsync(imageId, isSeries, tag, extension, incoming, info, CancellationToken.None);
        if (former?[LabelArchive.Key]?.ToJsonString() != info[LabelArchive.Key]?.ToJsonString())
            await archive.RemoveAsync(former, CancellationToken.None);
        return kept;
    }

    /// <summary>Keeps a label volume that was made here, on the image's grid, as NIfTI; else as the other one.</summary>
    public async Task<KeptObject?> SaveAsync(
        string imageId, bool isSeries, string tag, LabelMap labels, JsonObject info, string? user, DicomFile? segmentation, CancellationToken cancellation)
    {
        var incoming = datastore.NewIncomingPath(isSeries);
        try
        {
            await Task.Run(
                () =>
                {
                    using var file = File.Create(incoming);
                    NiftiFile.Write(file, labels, compress: true, cancellation: cancellation);
                    file.Flush(flushToDisk: true);
                },
                cancellation);
            return await SaveAsync(imageId, isSeries, tag, ".nii.gz", incoming, info, user, segmentation, cancellation);
        }
        finally
        {
            // Moved away where all went well.
            File.Delete(incoming);
        }
    }
}
