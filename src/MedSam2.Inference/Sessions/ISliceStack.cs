using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Tracking;

namespace MedSam2.Inference.Sessions;

/// <summary>Slices that masks are wanted of, in their own pixels.</summary>
internal interface ISliceStack : ISliceSource
{
    /// <summary>The axis that the stack is known by.</summary>
    SliceAxis Axis { get; }

    /// <summary>Encodes slices that will be asked for, where that pays.</summary>
    /// <param name="coming">In the order in which they will be.</param>
    void Prepare(IEnumerable<int> coming);

    /// <summary>Where a slice lies in the network's input.</summary>
    SlicePlacement Placement(int slice);
}
