using System.Buffers;
using FellowOakDicom;
using MedSam2.Studies.Store.Index;

namespace MedSam2.Studies.Store;

/// <summary>
/// Instances on their way into the store. Each lies in a file of its own, flushed to disk and checked, until
/// <see cref="CommitAsync"/> renames them into place; what is not committed leaves no trace. For one caller at a time.
/// </summary>
public sealed class StoreBatch : IAsyncDisposable
{
    private readonly StudyStore _store;
    private readonly StoreFolders _folders;
    private readonly StoreLimits _limits;
    private readonly List<StagedInstance> _staged = [];
    private long _bytes;

    internal StoreBatch(StudyStore store, StoreFolders folders, StoreLimits limits)
    {
        _store = store;
        _folders = folders;
        _limits = limits;
    }

    /// <summary>Takes one DICOM file. A bad one becomes a failed outcome; the others are not harmed.</summary>
    /// <param name="content">The file, read to its end.</param>
    /// <param name="study">The study it must belong to, or null for any.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="StudyStoreException">The batch as a whole is too large, or the disk is full.</exception>
    public async Task AddAsync(Stream content, string? study, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (_staged.Count >= _limits.MaxBatchInstances)
            throw new StudyStoreException(StoreFault.TooLarge, $"More than {_limits.MaxBatchInstances} instances were sent at once. Send them in several requests.");

        var path = _folders.NewIncomingPath();
        try
        {
            var length = await CopyAsync(content, path, cancellationToken);
            var staged = length > _limits.MaxInstanceBytes
                ? new StagedInstance(null, path, new(null, null, StoreFailure.OutOfResources, $"The instance is larger than {_limits.MaxInstanceBytes} bytes, the limit of this store."))
                : Inspect(path, study);
            if (staged.Facts is null)
                File.Delete(path);
            _staged.Add(staged);
        }
        catch (Exception e)
        {
            File.Delete(path);
            if (DiskSpace.IsMissing(e))
                throw DiskSpace.Failure(e);
            throw;
        }
    }

    /// <summary>Puts the good ones in place and into the index.</summary>
    /// <returns>One outcome for each instance taken, in order.</returns>
    public async Task<IReadOnlyList<StoreOutcome>> CommitAsync(CancellationToken cancellationToken)
    {
        var outcomes = await _store.CommitAsync(_staged, cancellationToken);
        _staged.Clear();
        return outcomes;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var staged in _staged)
            File.Delete(staged.Path);
        _staged.Clear();
        return ValueTask.CompletedTask;
    }

    /// <summary>Copies to a new file and on to the disk; stops writing, but not reading, past the size of one instance.</summary>
    private async Task<long> CopyAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        const int bufferSize = 1 << 17;
        var buffer = ArrayPool<byte>.Shared.Rent(bufferSize);
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            long length = 0;
            int read;
            while ((read = await content.ReadAsync(buffer.AsMemory(0, bufferSize), cancellationToken)) > 0)
            {
                length += read;
                _bytes += read;
                if (_bytes > _limits.MaxBatchBytes)
                    throw new StudyStoreException(StoreFault.TooLarge, $"More than {_limits.MaxBatchBytes} bytes were sent at once. Send the instances in several requests.");
                if (length <= _limits.MaxInstanceBytes)
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static StagedInstance Inspect(string path, string? study)
    {
        if (!InstanceFacts.HasDicomMark(path))
            return Failed(path, "The part is not a DICOM file (no DICM after 128 bytes). Send files in the format of PS3.10.");

        DicomFile file;
        try
        {
            file = DicomFile.Open(path, FileReadOption.ReadLargeOnDemand);
        }
        catch (DicomException)
        {
            return Failed(path, "The part cannot be read as DICOM: it is damaged or cut short. Send it again.");
        }

        if (file.IsPartial)
            return Failed(path, "The part ends in the middle of an attribute. Send it again.");
        if (InstanceFacts.Read(file, file.Dataset.Contains(DicomTag.PixelData), new FileInfo(path), "", served: false) is not { } facts)
            return Failed(path, $"The study, series, instance or class UID is missing or malformed, or sequences are nested more than {InstanceFacts.MaxNesting} deep. Correct the header.");

        var key = new InstanceKey(facts.Study.StudyInstanceUid, facts.Series.SeriesInstanceUid, facts.Instance.SopInstanceUid);
        if (study is not null && study != key.StudyInstanceUid)
            return new(null, path, new(key, facts.Instance.SopClassUid, StoreFailure.OtherStudy, "The instance belongs to another study than the one it was sent to. Send it to its own."));

        facts.Instance.Path = StoreFolders.RelativePathOf(key.StudyInstanceUid, key.SeriesInstanceUid!, key.SopInstanceUid!);
        return new(facts, path, new(key, facts.Instance.SopClassUid));
    }

    private static StagedInstance Failed(string path, string message) => new(null, path, new(null, null, StoreFailure.CannotUnderstand, message));
}

/// <summary>An instance in the incoming folder; no facts where it cannot be stored.</summary>
internal sealed record StagedInstance(InstanceFacts? Facts, string Path, StoreOutcome Outcome);
