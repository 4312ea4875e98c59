using System.Collections.Concurrent;
using FellowOakDicom;
using Microsoft.EntityFrameworkCore;

namespace MedSam2.Studies.Store.Index;

/// <summary>
/// Brings the index in line with the files, at start: adds what a crash kept out of it, forgets what is gone, and reads
/// what is new or changed in the served folder.
/// </summary>
internal sealed class IndexScan(IndexDatabase database, StudyIndex index, StoreFolders folders)
{
    private static readonly EnumerationOptions Walk = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 64,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint,
    };

    /// <summary>Transfer syntaxes whose pixels need no decoder.</summary>
    private static readonly HashSet<string> Plain = new[]
    {
        DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ImplicitVRLittleEndian,
        DicomTransferSyntax.ExplicitVRBigEndian, DicomTransferSyntax.DeflatedExplicitVRLittleEndian,
    }.Select(s => s.UID.UID).ToHashSet(StringComparer.Ordinal);

    public async Task<IndexReport> RunAsync(CancellationToken cancellationToken)
    {
        var known = await KnownAsync(cancellationToken);
        var found = Files(folders.Own, "*.dcm", served: false);
        if (folders.Served is { } served)
            found = found.Concat(Files(served, "*", served: true));

        var fresh = new List<FoundFile>();
        var kept = new HashSet<int>();
        foreach (var file in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (known.TryGetValue((file.Served, file.RelativePath), out var row) && row.Length == file.Length && row.Modified == file.Modified)
                kept.Add(row.Id);
            else
                fresh.Add(file);
        }

        var stale = known.Values.Where(r => !kept.Contains(r.Id)).ToArray();
        if (stale.Length > 0)
            await index.RemoveAsync(stale.Select(r => r.Id).ToArray(), cancellationToken);

        var facts = ReadAll(fresh, cancellationToken);
        var uids = known.Values.Where(r => kept.Contains(r.Id)).Select(r => r.SopInstanceUid).ToHashSet(StringComparer.Ordinal);
        var single = OnePerInstance(facts, uids);
        await index.AddAsync(single, cancellationToken);
        return new(kept.Count + single.Count, single.Count, stale.Length, fresh.Count - facts.Count, facts.Count - single.Count);
    }

    private async Task<Dictionary<(bool Served, string Path), KnownFile>> KnownAsync(CancellationToken cancellationToken)
    {
        await using var context = database.NewContext();
        return await context.Instances.AsNoTracking()
            .Select(i => new KnownFile(i.Id, i.SopInstanceUid, i.Served, i.Path, i.Length, i.Modified))
            .ToDictionaryAsync(f => (f.Served, f.Path), cancellationToken);
    }

    private static IEnumerable<FoundFile> Files(string folder, string pattern, bool served) =>
        new DirectoryInfo(folder).EnumerateFiles(pattern, Walk).Select(file => new FoundFile(
            file.FullName,
            Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'),
            served,
            file.Length,
            file.LastWriteTimeUtc.Ticks));

    private static List<InstanceFacts> ReadAll(List<FoundFile> files, CancellationToken cancellationToken)
    {
        var facts = new ConcurrentBag<InstanceFacts>();
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(files, options, file =>
        {
            if (InstanceFacts.ReadFile(file.Path, file.RelativePath, file.Served) is { } fact)
                facts.Add(fact);
        });
        return [.. facts];
    }

    /// <summary>Of several copies the store's own comes first, then one that needs no decoder, then the first by path.</summary>
    private static List<InstanceFacts> OnePerInstance(IEnumerable<InstanceFacts> facts, HashSet<string> taken) => facts
        .OrderBy(f => f.Instance.Served)
        .ThenBy(f => !Plain.Contains(f.Instance.TransferSyntaxUid))
        .ThenBy(f => f.Instance.Path, StringComparer.Ordinal)
        .Where(f => taken.Add(f.Instance.SopInstanceUid))
        .ToList();

    private sealed record KnownFile(int Id, string SopInstanceUid, bool Served, string Path, long Length, long Modified);

    private sealed record FoundFile(string Path, string RelativePath, bool Served, long Length, long Modified);
}
