namespace MedSam2.Inference.Tracking;

/// <summary>A slice to visit and whether it is reached by going towards lower indices.</summary>
internal readonly record struct Visit(int Slice, bool IsReverse);

/// <summary>In which order the slices of a stack are visited from the prompted ones.</summary>
internal static class VisitingOrder
{
    /// <summary>
    /// Both ways: by distance to the nearest prompted slice; of two that are equally near, first the one nearer to the view,
    /// then the upper one. One way: from the
    /// first (or last) prompted slice on. Prompted slices in the range are part of it.
    /// </summary>
    public static IEnumerable<Visit> Create(IReadOnlyCollection<int> prompted, int first, int last, PropagationDirection direction, int? view = null)
    {
        if (first > last || prompted.Count == 0)
            return [];
        switch (direction)
        {
            case PropagationDirection.Forward:
                var start = Math.Max(first, prompted.Min());
                return start > last ? [] : Enumerable.Range(start, last - start + 1).Select(s => new Visit(s, false));
            case PropagationDirection.Backward:
                var end = Math.Min(last, prompted.Max());
                return end < first ? [] : Enumerable.Range(first, end - first + 1).Reverse().Select(s => new Visit(s, true));
            default:
                return Enumerable.Range(first, last - first + 1)
                    .Select(s => (Slice: s, Nearest: prompted.MinBy(p => (Math.Abs(p - s), p))))
                    .OrderBy(v => Math.Abs(v.Slice - v.Nearest)).ThenBy(v => view is { } seen ? Math.Abs(v.Slice - seen) : 0)
                    .ThenBy(v => v.Slice < v.Nearest).ThenBy(v => v.Slice)
                    .Select(v => new Visit(v.Slice, v.Slice < v.Nearest));
        }
    }
}
