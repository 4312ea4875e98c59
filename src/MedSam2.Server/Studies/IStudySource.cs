using FellowOakDicom;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Studies;

/// <summary>Where series come from and segmentations go: the embedded store, or an archive that speaks DICOMweb.</summary>
internal interface IStudySource
{
    /// <summary>A series, or null where there is none.</summary>
    /// <param name="seriesInstanceUid">As a client sent it; it is looked up, never used as a path.</param>
    /// <param name="cancellation">Ends the looking.</param>
    Task<FoundSeries?> FindSeriesAsync(string seriesInstanceUid, CancellationToken cancellation);

    /// <summary>An instance that is no image of a series, such as a segmentation; null where the study has none of this UID.</summary>
    /// <param name="studyInstanceUid">The study that it is searched in.</param>
    /// <param name="sopInstanceUid">As a client sent it.</param>
    /// <param name="cancellation">Ends the looking.</param>
    Task<DicomFile?> FindInstanceAsync(string studyInstanceUid, string sopInstanceUid, CancellationToken cancellation);

    /// <summary>Keeps an object made here. When this returns, it cannot be lost.</summary>
    Task<KeptObject> StoreAsync(DicomFile file, CancellationToken cancellation);

    /// <summary>All series of images, or the one of this UID.</summary>
    Task<IReadOnlyList<ImageSeries>> ListSeriesAsync(string? seriesInstanceUid, CancellationToken cancellation);

    /// <summary>Deletes a series or an instance.</summary>
    /// <exception cref="StudyStoreException">There is none, or it is not this server's to delete.</exception>
    Task DeleteAsync(InstanceKey key, CancellationToken cancellation);

    /// <summary>How many series there are.</summary>
    Task<SeriesCounts> CountSeriesAsync(CancellationToken cancellation);
}

/// <summary>A series that can be opened.</summary>
/// <param name="ContentKey">Another one whenever the series has changed.</param>
/// <param name="OpenAsync">Brings its files to this disk, where they are not there yet.</param>
/// <param name="IsRemote">Whether another machine may have to send them first.</param>
internal sealed record FoundSeries(string ContentKey, Func<CancellationToken, Task<SeriesFiles>> OpenAsync, bool IsRemote = false);

/// <summary>DICOM files of one series. They stay until this is disposed.</summary>
internal sealed class SeriesFiles(IReadOnlyList<string> paths, IDisposable? hold = null) : IDisposable
{
    public IReadOnlyList<string> Paths { get; } = paths;

    public void Dispose() => hold?.Dispose();
}

/// <summary>An object that was stored.</summary>
/// <param name="Key">Its UIDs.</param>
/// <param name="Waiting">Null where the archive has it; else why it has not yet.</param>
internal sealed record KeptObject(InstanceKey Key, string? Waiting = null);
