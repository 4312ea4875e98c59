using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Images;
using MedSam2.Server.Sessions.Audience;
using MedSam2.Server.Sessions.Labels;
using MedSam2.Server.Sessions.Storage;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Sessions;

/// <summary>What a session works on and with.</summary>
/// <param name="ImageId">As the client named it.</param>
/// <param name="Image">The image.</param>
/// <param name="Tracking">How objects are carried.</param>
/// <param name="Orientations">What a propagation does that names none.</param>
/// <param name="Lease">Keeps the network.</param>
internal sealed record SessionSource(string ImageId, LoadedImage Image, TrackingOptions Tracking, OrientationChoice Orientations, ModelLease Lease)
{
    public SegmentationModel Model => Lease.Model;
}

/// <summary>What all sessions share.</summary>
internal sealed record SessionServices(
    DeviceWorker Device,
    ModelHost Models,
    ImageLoader Images,
    SessionJournal Journal,
    SessionSlots Slots,
    SessionLabels Labels,
    SessionAudience Audience,
    IOptions<StreamingOptions> Options,
    IOptions<ServerOptions> Server);
