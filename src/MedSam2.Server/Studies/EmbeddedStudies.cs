using System.Globalization;
using FellowOakDicom;
using MedSam2.Server.Errors;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Studies;

/// <summary>The embedded store as a source of studies.</summary>
internal sealed class EmbeddedStudies(StudyStore store) : IStudySource
{
    public async Task<FoundSeries?> FindSeriesAsync(string seriesInstanceUid, CancellationToken cancellation)
    {
        if (await store.FindStudyOfSeriesAsync(seriesInstanceUid, cancellation) is not { } study)
            return null;
        var instances = await store.FindInstancesAsync(new InstanceKey(study, seriesInstanceUid), cancellation);
        var key = string.Create(CultureInfo.InvariantCulture, $"{seriesInstanceUid}/{instances.Count}/{instances.Sum(instance => instance.Length)}");
        return new(key, _ => Task.FromResult(new SeriesFiles([.. instances.Select(instance => instance.Path)])));
    }

    public async Task<DicomFile?> FindInstanceAsync(string studyInstanceUid, string sopInstanceUid, CancellationToken cancellation)
    {
        var instances = await store.FindInstancesAsync(new InstanceKey(studyInstanceUid), cancellation);
        return instances.FirstOrDefault(instance => instance.SopInstanceUid == sopInstanceUid) is { } found ? await DicomFile.OpenAsync(found.Path) : null;
    }

    public async Task<KeptObject> StoreAsync(DicomFile file, CancellationToken cancellation)
    {
        var outcome = await store.StoreAsync(file, cancellation);
        return outcome is { IsStored: true, Key: { } key }
            ? new(key)
            : throw RequestException.BadRequest($"The archive did not take the object: {outcome.Message}");
    }

    public Task<IReadOnlyList<ImageSeries>> ListSeriesAsync(string? seriesInstanceUid, CancellationToken cancellation) => store.ListImageSeriesAsync(seriesInstanceUid, cancellation);

    public Task DeleteAsync(InstanceKey key, CancellationToken cancellation) => store.DeleteAsync(key, cancellation);

    public Task<SeriesCounts> CountSeriesAsync(CancellationToken cancellation) => store.CountSeriesAsync(cancellation);
}
