using MedSam2.Imaging.Geometry;
using MedSam2.Training.Evaluation.Protocols;

namespace MedSam2.Training.Data.Labelled;

/// <summary>
/// The images that were read last, bounded by bytes whatever their number: training streams over a set that need not fit into
/// memory. The one asked for last always stays. Safe for many threads; two that want the same image read it once.
/// </summary>
internal sealed class CaseCache(IReadOnlyList<EvaluationCaseSource> sources, int size, IReadOnlyList<SliceAxis> axes, long capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<(int Index, Lazy<LabelledCase> Case)> recent = [];

    /// <summary>How often an image has been read.</summary>
    public int ReadCount { get; private set; }

    /// <summary>Bytes of the images that are held.</summary>
    public long ByteCount
    {
        get
        {
            lock (gate)
                return Held();
        }
    }

    public LabelledCase Get(int index, CancellationToken cancellation)
    {
        Lazy<LabelledCase> wanted;
        lock (gate)
        {
            var node = recent.First;
            while (node is not null && node.Value.Index != index)
                node = node.Next;
            if (node is null)
            {
                ReadCount++;
                node = new((index, new(() => new LabelledCase(sources[index].Read(CancellationToken.None), size, axes))));
            }
            else
            {
                recent.Remove(node);
            }

            recent.AddLast(node);
            wanted = node.Value.Case;
        }

        cancellation.ThrowIfCancellationRequested();
        try
        {
            _ = wanted.Value;
        }
        catch
        {
            lock (gate)
                Forget(index, wanted);
            throw;
        }

        lock (gate)
        {
            while (recent.Count > 1 && Held() > capacity && !ReferenceEquals(recent.First!.Value.Case, wanted))
                recent.RemoveFirst();
        }

        return wanted.Value;
    }

    private long Held() => recent.Sum(r => r.Case.IsValueCreated ? r.Case.Value.ByteCount : 0);

    // A file that could not be read may be readable the next time.
    private void Forget(int index, Lazy<LabelledCase> failed)
    {
        var node = recent.First;
        while (node is not null && (node.Value.Index != index || !ReferenceEquals(node.Value.Case, failed)))
            node = node.Next;
        if (node is not null)
            recent.Remove(node);
    }
}
