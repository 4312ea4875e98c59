using MedSam2.Inference.Tracking;
using MedSam2.Network.Runtime;

namespace MedSam2.Inference.Sessions;

/// <summary>Walks several objects along one stack; those on the same slice at the same time go through the network together.</summary>
internal static class Propagation
{
    /// <param name="segmenter">The stack.</param>
    /// <param name="walks">The objects' ways.</param>
    /// <param name="keep">Takes what is wanted of each answer before it is gone.</param>
    /// <param name="cancellationToken">Looked at before each slice.</param>
    /// <returns>Each object and slice once its mask is known.</returns>
    public static IEnumerable<(SegmentedObject Object, int Slice)> Run(
        StackSegmenter segmenter, IReadOnlyList<Walk> walks, Action<Walk, Visit, SliceAnswer> keep, CancellationToken cancellationToken)
    {
        foreach (var walk in walks)
            segmenter.EncodePinned(walk.Memory);
        for (var step = 0; step < walks.Max(w => w.Visits.Count); step++)
        {
            foreach (var group in walks.Where(w => step < w.Visits.Count).GroupBy(w => w.Visits[step]))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Walk[] together = [.. group];
                foreach (var walk in together)
                    walk.ThrowIfPrompted();
                segmenter.Stack.Prepare(Coming(walks, step));
                Track(segmenter, group.Key, [.. together.Where(w => !w.IsGiven(group.Key.Slice))], keep);
                NativeHeap.TrimIfGrown();
                foreach (var walk in together)
                    yield return (walk.Object, group.Key.Slice);
            }
        }
    }

    /// <summary>The slices that are tracked from a step on, in their order.</summary>
    private static IEnumerable<int> Coming(IReadOnlyList<Walk> walks, int step)
    {
        for (var most = walks.Max(w => w.Visits.Count); step < most; step++)
        {
            foreach (var walk in walks)
            {
                if (step < walk.Visits.Count && walk.Visits[step].Slice is var slice && !walk.IsGiven(slice))
                    yield return slice;
            }
        }
    }

    private static void Track(StackSegmenter segmenter, Visit visit, Walk[] walks, Action<Walk, Visit, SliceAnswer> keep)
    {
        if (walks.Length == 0)
            return;
        foreach (var (walk, answer) in walks.Zip(segmenter.Track(visit, [.. walks.Select(w => w.Memory)])))
        {
            keep(walk, visit, answer);
            answer.Dispose();
        }
    }
}
