using System.Security.Cryptography;
using System.Text;
using FellowOakDicom;
using MedSam2.Studies.Store.Index;
using MedSam2.Studies.Store.Query;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store;

/// <summary>
/// Studies on disk, with an index to find them by: instances stored here, and optionally a folder served in place.
/// The files are the truth; the index is made again from them at start where a crash left them apart. Safe for many
/// callers at once: reads run side by side, changes one after another. One process a data folder.
/// </summary>
public sealed class StudyStore : IDisposable
{
    // Modalities of objects that say something about images (PS3.3 C.7.3.1.1.1).
    private static readonly string[] NoImages = ["SEG", "RTSTRUCT", "RTPLAN", "RTDOSE", "SR", "PR", "KO", "REG", "DOC", "ANN"];

    private readonly StoreFolders _folders;
    private readonly StoreLimits _limits;
    private readonly FileStream _lock;
    private readonly IndexDatabase _database;
    private readonly StudyIndex _index;
    private readonly SemaphoreSlim _change = new(1);

    /// <summary>The folder that belongs to these studies alone; what is kept beside them goes here.</summary>
    public string Root => _folders.Root;

    private StudyStore(StoreFolders folders, StoreLimits limits, FileStream lockFile, IndexDatabase database)
    {
        _folders = folders;
        _limits = limits;
        _lock = lockFile;
        _database = database;
        _index = new StudyIndex(database);
    }

    /// <summary>What was on disk when the store was opened.</summary>
    public IndexReport Found { get; private set; } = new(0, 0, 0, 0, 0);

    public StoreLimits Limits => _limits;

    /// <summary>Opens the store, and brings its index in line with the files.</summary>
    /// <exception cref="StudyStoreException">A folder cannot be used, or another process has it.</exception>
    public static async Task<StudyStore> OpenAsync(StudyStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ServedFolder is { } served && !Directory.Exists(served))
            throw new StudyStoreException(StoreFault.Unusable, $"The folder of studies does not exist: {served}. Give the folder that holds the DICOM files.");

        var root = options.ServedFolder is { } folder
            ? Path.Combine(options.DataFolder, "served", Fingerprint(Path.GetFullPath(folder)))
            : options.DataFolder;
        FileStream? lockFile = null;
        IndexDatabase? database = null;
        try
        {
            var folders = new StoreFolders(root, options.ServedFolder);
            lockFile = folders.Lock();
            folders.ClearIncoming();
            database = IndexDatabase.Open(folders.IndexFile);
            var store = new StudyStore(folders, options.Limits, lockFile, database);
            store.Found = await new IndexScan(database, store._index, folders).RunAsync(cancellationToken);
            return store;
        }
        catch (Exception e)
        {
            database?.Dispose();
            lockFile?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new StudyStoreException(StoreFault.Unusable, $"The data folder {root} cannot be used: {e.Message} Check its rights, and that no other server uses it.", e);
            throw;
        }
    }

    /// <summary>Whether series of a modality are images, and not objects about images.</summary>
    public static bool HoldsImages(string modality) => !NoImages.Contains(modality);

    public StoreBatch BeginBatch() => new(this, _folders, _limits);

    /// <summary>Stores one instance made here.</summary>
    public async Task<StoreOutcome> StoreAsync(DicomFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var content = new MemoryStream();
        await file.SaveAsync(content);
        content.Position = 0;
        await using var batch = BeginBatch();
        await batch.AddAsync(content, study: null, cancellationToken);
        return (await batch.CommitAsync(cancellationToken))[0];
    }

    public Task<QueryAnswer> QueryAsync(StudyQuery query, CancellationToken cancellationToken = default) =>
        new QueryRunner(_database, _folders, _limits).RunAsync(query, cancellationToken);

    /// <summary>The instances of a study or series, or the one instance, by series and instance number.</summary>
    /// <exception cref="StudyStoreException">There is none.</exception>
    public async Task<IReadOnlyList<StoredInstance>> FindInstancesAsync(InstanceKey key, CancellationToken cancellationToken = default)
    {
        await using var context = _database.NewContext();
        var rows = await Select(context, key).AsNoTracking()
            .Include(i => i.Series).ThenInclude(s => s.Study)
            .OrderBy(i => i.Series.SeriesNumber).ThenBy(i => i.SeriesRowId).ThenBy(i => i.InstanceNumber).ThenBy(i => i.Id)
            .ToListAsync(cancellationToken);
        return rows.Count > 0 ? rows.ConvertAll(Describe) : throw NotFound(key);
    }

    /// <summary>The study of a series, or null where the store has no such series.</summary>
    public async Task<string?> FindStudyOfSeriesAsync(string seriesInstanceUid, CancellationToken cancellationToken = default)
    {
        await using var context = _database.NewContext();
        return await context.Series.Where(s => s.SeriesInstanceUid == seriesInstanceUid).OrderBy(s => s.Id)
            .Select(s => s.Study.StudyInstanceUid).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>All series of images, or the one of this UID, by study and series.</summary>
    public async Task<IReadOnlyList<ImageSeries>> ListImageSeriesAsync(string? seriesInstanceUid = null, CancellationToken cancellationToken = default)
    {
        await using var context = _database.NewContext();
        var images = context.Series.AsNoTracking().Where(s => !NoImages.Contains(s.Modality));
        if (seriesInstanceUid is not null)
            images = images.Where(s => s.SeriesInstanceUid == seriesInstanceUid);
        return await images.OrderBy(s => s.Study.StudyInstanceUid).ThenBy(s => s.SeriesInstanceUid)
            .Select(s => new ImageSeries
            {
                StudyInstanceUid = s.Study.StudyInstanceUid,
                SeriesInstanceUid = s.SeriesInstanceUid,
                Modality = s.Modality,
                PatientId = s.Study.PatientId,
                StudyDate = s.Study.StudyDate,
                StudyTime = s.Study.StudyTime,
                IsSegmented = context.Series.Any(o => o.Modality == "SEG" && o.ReferencedSeriesUid == s.SeriesInstanceUid),
            })
            .ToListAsync(cancellationToken);
    }

    /// <summary>How many series hold images, and how many of these have a segmentation.</summary>
    public async Task<SeriesCounts> CountSeriesAsync(CancellationToken cancellationToken = default)
    {
        await using var context = _database.NewContext();
        var images = context.Series.Where(s => !NoImages.Contains(s.Modality));
        var segmented = images.Where(s => context.Series.Any(o => o.Modality == "SEG" && o.ReferencedSeriesUid == s.SeriesInstanceUid));
        return new(await images.CountAsync(cancellationToken), await segmented.CountAsync(cancellationToken));
    }

    /// <summary>Deletes a study, a series or an instance.</summary>
    /// <returns>How many instances are gone.</returns>
    /// <exception cref="StudyStoreException">There is none, or it lies in the served folder.</exception>
    public async Task<int> DeleteAsync(InstanceKey key, CancellationToken cancellationToken = default)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            List<InstanceRow> rows;
            await using (var context = _database.NewContext())
                rows = await Select(context, key).AsNoTracking().ToListAsync(cancellationToken);
            if (rows.Count == 0)
                throw NotFound(key);
            if (rows.Exists(r => r.Served))
                throw new StudyStoreException(StoreFault.ReadOnly, "The instances lie in a folder that is served as it is, so they cannot be deleted here. Delete their files and start the server again.");

            // Out of the way first, out of the index next, off the disk last: a crash in between leaves nothing half deleted.
            var gone = rows.ConvertAll(row => (From: _folders.FullPathOf(row), To: _folders.NewIncomingPath()));
            foreach (var (from, to) in gone)
            {
                if (File.Exists(from))
                    File.Move(from, to);
            }

            await _index.RemoveAsync(rows.ConvertAll(r => r.Id), CancellationToken.None);
            foreach (var (from, to) in gone)
            {
                File.Delete(to);
                _folders.RemoveEmptyFoldersAbove(from);
            }

            return rows.Count;
        }
        finally
        {
            _change.Release();
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _lock.Dispose();
        _change.Dispose();
    }

    internal async Task<IReadOnlyList<StoreOutcome>> CommitAsync(IReadOnlyList<StagedInstance> staged, CancellationToken cancellationToken)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            var present = await PresentAsync(staged, cancellationToken);
            var outcomes = new List<StoreOutcome>(staged.Count);
            var added = new List<InstanceFacts>();
            try
            {
                foreach (var instance in staged)
                    outcomes.Add(Place(instance, present, added));
                _folders.FlushFoldersOf(added.Select(facts => _folders.FullPathOf(facts.Instance)));
                // From here on the files are in place: the request being given up must not keep them out of the index.
                await _index.AddAsync(added, CancellationToken.None);
            }
            catch (Exception e)
            {
                foreach (var facts in added)
                    File.Delete(_folders.FullPathOf(facts.Instance));
                if (DiskSpace.IsMissing(e))
                    throw DiskSpace.Failure(e);
                throw;
            }

            return outcomes;
        }
        finally
        {
            _change.Release();
        }
    }

    private StoreOutcome Place(StagedInstance staged, Dictionary<string, string> present, List<InstanceFacts> added)
    {
        if (staged.Facts is not { } facts)
            return staged.Outcome;
        if (present.TryGetValue(facts.Instance.SopInstanceUid, out var existing))
        {
            var same = SameContent(existing, staged.Path);
            File.Delete(staged.Path);
            return same ? staged.Outcome : staged.Outcome with
            {
                Failure = StoreFailure.DuplicateInstance,
                Message = "An instance with this SOPInstanceUID is stored already, with other content. Give the changed instance a new UID, or delete the stored one first.",
            };
        }

        var path = _folders.FullPathOf(facts.Instance);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Move(staged.Path, path, overwrite: true);
        added.Add(facts);
        present.Add(facts.Instance.SopInstanceUid, path);
        return staged.Outcome;
    }

    /// <summary>Where the instances of a batch lie already, by SOP instance UID.</summary>
    private async Task<Dictionary<string, string>> PresentAsync(IReadOnlyList<StagedInstance> staged, CancellationToken cancellationToken)
    {
        var present = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var context = _database.NewContext();
        foreach (var uids in staged.Where(s => s.Facts is not null).Select(s => s.Facts!.Instance.SopInstanceUid).Distinct().Chunk(2000))
        {
            foreach (var row in await context.Instances.AsNoTracking().Where(i => uids.Contains(i.SopInstanceUid)).ToListAsync(cancellationToken))
                present[row.SopInstanceUid] = _folders.FullPathOf(row);
        }

        return present;
    }

    private static bool SameContent(string first, string second)
    {
        using var a = File.OpenRead(first);
        using var b = File.OpenRead(second);
        return a.Length == b.Length && SHA256.HashData(a).AsSpan().SequenceEqual(SHA256.HashData(b));
    }

    private static IQueryable<InstanceRow> Select(IndexContext context, InstanceKey key)
    {
        var rows = context.Instances.Where(i => i.Series.Study.StudyInstanceUid == key.StudyInstanceUid);
        if (key.SeriesInstanceUid is { } series)
            rows = rows.Where(i => i.Series.SeriesInstanceUid == series);
        if (key.SopInstanceUid is { } instance)
            rows = rows.Where(i => i.SopInstanceUid == instance);
        return rows;
    }

    private StoredInstance Describe(InstanceRow row) => new()
    {
        StudyInstanceUid = row.Series.Study.StudyInstanceUid,
        SeriesInstanceUid = row.Series.SeriesInstanceUid,
        SopInstanceUid = row.SopInstanceUid,
        SopClassUid = row.SopClassUid,
        TransferSyntaxUid = row.TransferSyntaxUid,
        Frames = row.Frames,
        Length = row.Length,
        Path = _folders.FullPathOf(row),
    };

    private static StudyStoreException NotFound(InstanceKey key)
    {
        var what = key.SopInstanceUid is not null ? "instance" : key.SeriesInstanceUid is not null ? "series" : "study";
        return new(StoreFault.NotFound, $"The store has no such {what}. Search for it, or store it first.");
    }

    private static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
