using MedSam2.Imaging.Geometry;
using MedSam2.Inference.Features;
using MedSam2.Inference.Memory;
using MedSam2.Inference.Preprocessing;
using MedSam2.Inference.Sessions;
using MedSam2.Network;

namespace MedSam2.Inference.Pictures;

/// <summary>A set of pictures as the tracker walks over it. Their order means nothing, so all lie in one place.</summary>
internal sealed class PictureStack(IReadOnlyList<Picture> pictures, int networkSize, FeatureCache cache) : ISliceStack
{
    private readonly SlicePlacement[] placements =
        [.. pictures.Select(p => SlicePlacement.SquarePixels(p.Width, p.Height, 1, 1, networkSize))];

    public SliceAxis Axis => SliceAxis.K;

    public int Count => pictures.Count;

    public SlicePlacement Placement(int slice) => placements[slice];

    public ImageFeatures Features(int slice) => cache.Get(Axis, slice);

    public void Prepare(IEnumerable<int> coming) => cache.Prepare(Axis, coming);

    public SlicePlane Plane(int slice) => new(Axis, 0);

    public Vector3D Center(int slice, ReadOnlySpan<float> logits) => Vector3D.Zero;
}
