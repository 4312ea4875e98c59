using MedSam2.Inference;
using MedSam2.Server.Device;
using MedSam2.Server.Images;

namespace MedSam2.Server.Sessions;

/// <summary>A session in memory, with the network and the image that it needs.</summary>
internal sealed class LiveSession(string id, string imageId, LoadedImage image, OrientationChoice orientations, ModelLease lease, SegmentationSession session) : IDisposable
{
    public string Id { get; } = id;

    public string ImageId { get; } = imageId;

    public LoadedImage Image { get; } = image;

    /// <summary>What a propagation does that names none.</summary>
    public OrientationChoice Orientations { get; } = orientations;

    public SegmentationModel Model => lease.Model;

    /// <summary>Used on the device's thread.</summary>
    public SegmentationSession Session { get; } = session;

    /// <summary>On the device's thread.</summary>
    public void Dispose()
    {
        Session.Dispose();
        lease.Dispose();
    }
}
