using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Inference.Orientations;
using MedSam2.Inference.Prompts;
using MedSam2.Inference.Sessions;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.ActiveLearning;

/// <summary>Follows an object a few slices along each of the three planes, to see how far they disagree about it. Nothing of it is kept.</summary>
/// <param name="model">The network.</param>
/// <param name="geometry">The volume's grid.</param>
/// <param name="segmenterOf">The stack along an axis.</param>
/// <param name="reach">How many slices to go from where a pass starts, both ways.</param>
/// <param name="device">Where the network runs: a slice a turn.</param>
internal sealed class PlaneDisagreement(
    SegmentationModel model, VolumeGeometry geometry, Func<SliceAxis, StackSegmenter> segmenterOf, int reach, IDeviceTurns device)
{
    private static readonly TrackingOptions Tracking = new();

    /// <summary>
    /// Looks at <c>2 reach + 1</c> slices a plane. A spread is half of the answers' distance at most, so that twice its mean is told.
    /// </summary>
    /// <param name="slice">Index of the axial slice that is prompted.</param>
    /// <param name="prompts">What is said about the object there.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <returns>0 where all say the same, 1 where they contradict each other.</returns>
    public double Measure(int slice, SlicePrompts prompts, CancellationToken cancellation)
    {
        var axial = segmenterOf(SliceAxis.K);
        using var known = new SegmentedObject(0, model.Configuration, Tracking);
        device.Run(() =>
        {
            using var answer = axial.Decode(slice, prompts, known: null);
            return axial.Pin(known, slice, prompts, answer);
        });
        var mean = 0.0;
        var propagation = new OrientedPropagation(geometry, segmenterOf, Tracking) { Reach = reach, Fused = fused => mean = fused.MeanSpread() };
        var range = new PropagationRange(SliceAxis.K, 0, axial.Stack.Count - 1) { Orientations = OrientationChoice.Triplanar };
        foreach (var _ in device.Each(propagation.Run([known], range, cancellation)))
        {
            // Asked for what it is told of at the end.
        }

        return Math.Clamp(2 * mean, 0, 1);
    }
}
