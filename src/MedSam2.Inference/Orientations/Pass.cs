using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Orientations;

/// <summary>In which order a pass visits its stack.</summary>
internal enum PassOrder
{
    /// <summary>Both ways by turns, nearest first.</summary>
    Alternating,

    /// <summary>Upward to the end, then downward from the start.</summary>
    Forward,

    /// <summary>Downward to the end, then upward from the start.</summary>
    Reverse,
}

/// <summary>One way through the volume. Each pass visits every slice of its stack, so that it gives every voxel a probability.</summary>
internal readonly record struct Pass(SliceAxis Axis, PassOrder Order)
{
    private static readonly SliceAxis[] Axes = [SliceAxis.K, SliceAxis.J, SliceAxis.I];

    /// <summary>The passes that come in any case.</summary>
    public static IReadOnlyList<Pass> First(OrientationChoice choice, SliceAxis prompted) => choice switch
    {
        OrientationChoice.PromptPlane => [new(prompted, PassOrder.Alternating)],
        OrientationChoice.Triplanar => [new(prompted, PassOrder.Alternating), .. Others(prompted)],
        OrientationChoice.Six => [.. new[] { prompted }.Concat(Axes.Where(a => a != prompted))
            .SelectMany(a => new Pass[] { new(a, PassOrder.Forward), new(a, PassOrder.Reverse) })],
        OrientationChoice.Auto => [new(prompted, PassOrder.Forward), new(prompted, PassOrder.Reverse)],
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "Unknown choice of orientations."),
    };

    /// <summary>One pass in each of the two other planes.</summary>
    public static IEnumerable<Pass> Others(SliceAxis prompted) =>
        Axes.Where(a => a != prompted).Select(a => new Pass(a, PassOrder.Alternating));

    public IEnumerable<Visit> Visits(IReadOnlyCollection<int> prompted, int first, int last) => Order switch
    {
        PassOrder.Forward =>
        [
            .. VisitingOrder.Create(prompted, first, last, PropagationDirection.Forward),
            .. VisitingOrder.Create(prompted, first, Math.Min(last, prompted.Min() - 1), PropagationDirection.Backward),
        ],
        PassOrder.Reverse =>
        [
            .. VisitingOrder.Create(prompted, first, last, PropagationDirection.Backward),
            .. VisitingOrder.Create(prompted, Math.Max(first, prompted.Max() + 1), last, PropagationDirection.Forward),
        ],
        _ => VisitingOrder.Create(prompted, first, last, PropagationDirection.Both),
    };
}
