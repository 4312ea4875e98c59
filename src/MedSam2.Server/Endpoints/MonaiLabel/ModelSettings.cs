using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Configuration;
using MedSam2.Server.Method;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>
/// The settings that a model publishes under <c>config</c> in <c>/info/</c> and that clients send back with a request.
/// To add one: publish its default in <see cref="InferModel"/>, read it in <see cref="InferParametersReader"/>, use it here.
/// </summary>
internal sealed record ModelSettings
{
    /// <summary>How the model remembers while walking through the volume.</summary>
    public MethodChoice Method { get; init; } = new();

    /// <summary>Along which stacks a whole volume is walked.</summary>
    public OrientationChoice Orientations { get; init; }

    /// <summary>How many slices to go from the prompted ones, each way; 0 goes through the whole volume.</summary>
    public int MaxSlices { get; init; }

    /// <summary>The grey window that the network sees the image through; null takes the image's own, or one by its modality.</summary>
    public IntensityWindow? Window { get; init; }

    /// <summary>Whether objects are also looked at in closer views; null: as the server is set.</summary>
    public bool? CloserLook { get; init; }

    /// <param name="server">Says what the request leaves open.</param>
    public TrackingOptions Tracking(ServerOptions server) => Method.Over(new() { Window = Window, CloserLook = CloserLook ?? server.CloserLook });
}
