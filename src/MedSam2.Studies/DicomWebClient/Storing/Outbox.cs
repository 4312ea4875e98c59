using FellowOakDicom;
using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient.Storing;

/// <summary>
/// What is to be stored in the archive, on this disk until the archive has it: a down archive or a killed process loses
/// nothing. What the archive refuses for good is put aside, with the reason beside it. Safe for any number of threads, for
/// one process a folder.
/// </summary>
public sealed class Outbox : IDisposable
{
    private const string Extension = ".dcm";

    /// <summary>How long one object waits for others that are being sent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ArchiveClient _client;
    private readonly string _waiting;
    private readonly string _refused;
    private readonly SemaphoreSlim _sending = new(1);

    /// <exception cref="ArchiveException">The folder cannot be used.</exception>
    public Outbox(ArchiveClient client, string folder)
    {
        _client = client;
        _waiting = Path.Combine(folder, "waiting");
        _refused = Path.Combine(folder, "refused");
        Guard(() =>
        {
            Directory.CreateDirectory(_waiting);
            Directory.CreateDirectory(_refused);
            foreach (var unfinished in Directory.EnumerateFiles(_waiting, "*.part"))
                File.Delete(unfinished);
            return 0;
        });
    }

    /// <summary>Why the last attempt failed; empty where it did not.</summary>
    public string LastFailure { get; private set; } = "";

    /// <summary>Files that the archive has not taken yet, oldest first.</summary>
    public IReadOnlyList<FileInfo> Waiting => List(_waiting);

    /// <summary>Files that the archive refused for good; a text file beside each tells why.</summary>
    public IReadOnlyList<FileInfo> Refused => List(_refused);

    /// <summary>Keeps an instance: when this returns, it is on the disk.</summary>
    /// <exception cref="ArchiveException">It could not be written.</exception>
    public async Task<InstanceToSend> KeepAsync(DicomFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var content = new MemoryStream();
        await file.SaveAsync(content);
        var uid = file.Dataset.GetSingleValueOrDefault(DicomTag.SOPInstanceUID, "");
        if (!DicomUidText.IsValid(uid))
            throw new ArgumentException("The instance has no usable SOPInstanceUID.", nameof(file));
        cancellationToken.ThrowIfCancellationRequested();
        return Guard(() =>
        {
            var part = Path.Combine(_waiting, $"{Guid.NewGuid():N}.part");
            try
            {
                using (var target = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
                {
                    target.Write(content.GetBuffer(), 0, (int)content.Length);
                    target.Flush(flushToDisk: true);
                }

                var path = Path.Combine(_waiting, uid + Extension);
                File.Move(part, path, overwrite: true);
                return InstanceToSend.Read(path);
            }
            finally
            {
                File.Delete(part);
            }
        });
    }

    /// <summary>An instance that the archive does not have, because it was not sent yet or was refused; null where it is not here.</summary>
    public async Task<byte[]?> ReadAsync(string sopInstanceUid, CancellationToken cancellationToken = default)
    {
        if (!DicomUidText.IsValid(sopInstanceUid))
            return null;
        foreach (var folder in (string[])[_waiting, _refused])
        {
            try
            {
                return await File.ReadAllBytesAsync(Path.Combine(folder, sopInstanceUid + Extension), cancellationToken);
            }
            catch (FileNotFoundException)
            {
                // Not here, or sent meanwhile.
            }
        }

        return null;
    }

    /// <summary>Sends one instance that is kept here.</summary>
    /// <returns>What became of it. It stays here unless the archive has it.</returns>
    public async Task<SentInstance> SendAsync(InstanceToSend instance, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (!await _sending.WaitAsync(Patience, cancellationToken))
            return new(instance, IsStored: false, MayPass: true, "The archive is still busy with earlier objects.");
        try
        {
            // Somebody else may have sent it meanwhile, with all the others.
            return File.Exists(instance.Path)
                ? Settle(await _client.StoreAsync([instance], cancellationToken))[0]
                : new(instance, IsStored: !File.Exists(RefusedPath(instance)), MayPass: false, File.Exists(RefusedPath(instance)) ? "The archive refused the instance." : "");
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends all that waits.</summary>
    public async Task<IReadOnlyList<SentInstance>> SendAllAsync(CancellationToken cancellationToken = default)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var waiting = Waiting.Select(Read).OfType<InstanceToSend>().ToArray();
            return waiting.Length == 0 ? [] : Settle(await _client.StoreAsync(waiting, cancellationToken));
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();

    /// <summary>A file that was damaged on this disk is put aside, so that it does not hold up the others.</summary>
    private InstanceToSend? Read(FileInfo file)
    {
        try
        {
            return InstanceToSend.Read(file.FullName);
        }
        catch (StudyStoreException e)
        {
            PutAside(file.FullName, e.Message);
            return null;
        }
    }

    private void PutAside(string path, string reason)
    {
        var aside = Path.Combine(_refused, Path.GetFileName(path));
        File.WriteAllText(Path.ChangeExtension(aside, ".txt"), reason);
        File.Move(path, aside, overwrite: true);
    }

    private IReadOnlyList<SentInstance> Settle(IReadOnlyList<SentInstance> sent)
    {
        LastFailure = sent.FirstOrDefault(result => !result.IsStored)?.Message ?? "";
        foreach (var result in sent)
        {
            if (result.IsStored)
            {
                File.Delete(result.Instance.Path);
            }
            else if (!result.MayPass)
            {
                PutAside(result.Instance.Path, result.Message);
            }
        }

        return sent;
    }

    private string RefusedPath(InstanceToSend instance) => Path.Combine(_refused, Path.GetFileName(instance.Path));

    private static FileInfo[] List(string folder) => [.. new DirectoryInfo(folder).EnumerateFiles("*" + Extension).OrderBy(file => file.LastWriteTimeUtc)];

    private static T Guard<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (DiskFault.Is(e))
        {
            throw new ArchiveException(ArchiveFault.NoSpace, "The outbox for the archive cannot be written, so nothing was kept. Free some disk space and check the rights of the data folder; then try again.", e);
        }
    }
}
