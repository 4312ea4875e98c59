using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;

namespace MedSam2.Server.Sessions.Wire;

/// <summary>How a session segments, from what a client asks for.</summary>
internal static class TrackingReader
{
    /// <param name="asked">What the client says.</param>
    /// <param name="featureCacheBytes">What a session's encoded slices may take.</param>
    /// <param name="closerLook">What the server does where the client does not say.</param>
    /// <exception cref="RequestException">A value is unknown or out of its range.</exception>
    public static TrackingOptions Read(SegmentationOptions? asked, long featureCacheBytes, bool closerLook)
    {
        var bank = ReadBank(asked?.Bank);
        var tracking = bank is MemoryBankKind.Fifo ? TrackingOptions.Sam2 : new TrackingOptions { Bank = bank };
        tracking = tracking with
        {
            Capacity = asked?.Capacity ?? tracking.Capacity,
            Seed = asked?.Seed ?? 0,
            Window = ReadWindow(asked),
            FeatureCacheBytes = featureCacheBytes,
            CloserLook = asked?.CloserLook ?? closerLook,
        };
        try
        {
            tracking.Validate();
            return tracking;
        }
        catch (ArgumentException exception)
        {
            throw RequestException.BadRequest(exception.Message, exception);
        }
    }

    /// <exception cref="RequestException">The name is unknown.</exception>
    public static OrientationChoice ReadOrientations(string? name) => name switch
    {
        null or "axial" => OrientationChoice.PromptPlane,
        "triplanar" => OrientationChoice.Triplanar,
        "six" => OrientationChoice.Six,
        "auto" => OrientationChoice.Auto,
        _ => throw RequestException.BadRequest("'orientations' must be \"axial\", \"triplanar\", \"six\" or \"auto\"."),
    };

    private static MemoryBankKind ReadBank(string? name) => name switch
    {
        null or "self-sorting" => MemoryBankKind.SelfSorting,
        "fifo" => MemoryBankKind.Fifo,
        "threshold" => MemoryBankKind.Threshold,
        "released" => MemoryBankKind.Released2D,
        _ => throw RequestException.BadRequest("'bank' must be \"self-sorting\", \"fifo\", \"threshold\" or \"released\"."),
    };

    private static IntensityWindow? ReadWindow(SegmentationOptions? asked) => asked switch
    {
        { Window: not null, Preset: not null } => throw RequestException.BadRequest("Give 'window' or 'preset', not both."),
        { Window: { } window } => new((float)window.Low, (float)window.High),
        { Preset: { } preset } => WindowPresets.TryFind(preset, out var known)
            ? known
            : throw RequestException.BadRequest($"'preset' must be one of {string.Join(", ", WindowPresets.Names)}."),
        _ => null,
    };
}
