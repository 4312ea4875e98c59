using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>A frame of this server's own, read back.</summary>
internal static class FrameReader
{
    public static KnownSlice Read(MaskFrame frame) => new(
        frame.ObjectId,
        Planes.Parse(frame.Plane),
        frame.Index,
        new MaskRuns(new(frame.Box[0], frame.Box[1], frame.Box[2] - frame.Box[0], frame.Box[3] - frame.Box[1]), frame.Runs),
        frame.Iou,
        frame.Presence,
        frame.Pinned);
}
