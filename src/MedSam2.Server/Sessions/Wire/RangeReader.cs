using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>Which slices a client wants objects carried to.</summary>
internal static class RangeReader
{
    /// <param name="request">As it came.</param>
    /// <param name="opened">The orientations that the session was opened with.</param>
    /// <param name="geometry">The image's grid.</param>
    /// <exception cref="RequestException">A value is unknown.</exception>
    /// <exception cref="PromptException">The range holds no slice, or its parts contradict each other.</exception>
    public static PropagationRange Read(PropagateRequest request, OrientationChoice opened, VolumeGeometry geometry)
    {
        var axis = Planes.Parse(request.Plane);
        var last = geometry.SliceShape(axis).Count - 1;
        if (request.Count is < 0)
            throw new PromptException("'count' cannot be negative.");
        var isPartial = request.Count is not null || request.Direction is not (null or "both");
        return new PropagationRange(axis, Math.Max(0, request.First ?? 0), Math.Min(last, request.Last ?? last), request.Direction switch
        {
            null or "both" => PropagationDirection.Both,
            "up" => PropagationDirection.Forward,
            "down" => PropagationDirection.Backward,
            _ => throw RequestException.BadRequest("'direction' must be \"both\", \"up\" or \"down\"."),
        })
        {
            // A part of the way is gone along one stack, however the session was opened; asked for both at once, it is refused.
            Orientations = request.Orientations is { } named ? TrackingReader.ReadOrientations(named) : isPartial ? OrientationChoice.PromptPlane : opened,
            Reach = request.Count ?? int.MaxValue,
            View = request.View,
        };
    }
}
