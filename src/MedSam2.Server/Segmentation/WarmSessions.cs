using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Segmentation;

/// <summary>
/// Keeps the encoded slices of the volumes that were segmented last: clients of a stateless API send every click as a new
/// request, and encoding the slice again would cost far more than answering. A session is handed on without any object in it,
/// so nothing of one request reaches the next. What another version of the network encoded is thrown away.
/// </summary>
/// <remarks>Used on the device's thread alone.</remarks>
internal sealed class WarmSessions(ModelHost host, IOptions<InferenceOptions> options)
{
    private readonly LinkedList<WarmSession> _recent = [];

    /// <summary>A session without objects, warm if the volume was segmented before; the caller gives it back or disposes it.</summary>
    public WarmSession Take(Volume volume, TrackingOptions tracking)
    {
        var lease = host.Lease();
        for (LinkedListNode<WarmSession>? node = _recent.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (!ReferenceEquals(node.Value.Lease.Model, lease.Model))
            {
                _recent.Remove(node);
                node.Value.Dispose();
                continue;
            }

            if (!ReferenceEquals(node.Value.Session.Volume, volume) || node.Value.Tracking != tracking)
                continue;
            _recent.Remove(node);
            lease.Dispose();
            return node.Value;
        }

        return new(new VolumeSession(lease.Model, volume, tracking), tracking, lease);
    }

    /// <summary>Keeps a session for the next request, in place of the one that was used least recently.</summary>
    public void GiveBack(WarmSession warm)
    {
        foreach (var known in warm.Session.ObjectIds)
            warm.Session.RemoveObject(known);
        _recent.AddFirst(warm);
        while (_recent.Count > options.Value.WarmSessions)
        {
            _recent.Last!.Value.Dispose();
            _recent.RemoveLast();
        }
    }
}

/// <summary>A session, what it was made with, and the network that it needs.</summary>
internal sealed record WarmSession(VolumeSession Session, TrackingOptions Tracking, ModelLease Lease) : IDisposable
{
    public void Dispose()
    {
        Session.Dispose();
        Lease.Dispose();
    }
}
