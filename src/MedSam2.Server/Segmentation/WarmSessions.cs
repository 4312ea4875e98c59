using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Segmentation;

/// <summary>
/// Keeps the encoded slices of the volumes that were segmented last: clients of a stateless API send every click as a new
/// request, and encoding the slice again would cost far more than answering. A session is handed on without any object in it,
/// so nothing of one request reaches the next.
/// </summary>
/// <remarks>Used on the device's thread alone.</remarks>
internal sealed class WarmSessions(ModelHost model, IOptions<InferenceOptions> options)
{
    private readonly LinkedList<(VolumeSession Session, TrackingOptions Tracking)> _recent = [];

    /// <summary>A session without objects, warm if the volume was segmented before; the caller gives it back or disposes it.</summary>
    public VolumeSession Take(Volume volume, TrackingOptions tracking)
    {
        for (var node = _recent.First; node is not null; node = node.Next)
        {
            if (!ReferenceEquals(node.Value.Session.Volume, volume) || node.Value.Tracking != tracking)
                continue;
            _recent.Remove(node);
            return node.Value.Session;
        }

        return new VolumeSession(model.Model, volume, tracking);
    }

    /// <summary>Keeps a session for the next request, in place of the one that was used least recently.</summary>
    public void GiveBack(VolumeSession session, TrackingOptions tracking)
    {
        foreach (var known in session.ObjectIds)
            session.RemoveObject(known);
        _recent.AddFirst((session, tracking));
        while (_recent.Count > options.Value.WarmSessions)
        {
            _recent.Last!.Value.Session.Dispose();
            _recent.RemoveLast();
        }
    }
}
