using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Inference.Preprocessing;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Method;

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
        var choice = new MethodChoice
        {
            Bank = ReadChoice("bank", asked?.Bank, MethodNames.Banks),
            Capacity = asked?.Capacity,
            Threshold = asked?.Threshold,
            Resampling = ReadChoice("resampling", asked?.Resampling, MethodNames.Resamplings),
            Temperature = asked?.Temperature,
            Seed = asked?.Seed,
        };
        try
        {
            return choice.Over(new() { Window = ReadWindow(asked), FeatureCacheBytes = featureCacheBytes, CloserLook = asked?.CloserLook ?? closerLook });
        }
        catch (ArgumentException exception)
        {
            throw RequestException.BadRequest(exception.Message, exception);
        }
    }

    /// <exception cref="RequestException">The name is unknown.</exception>
    public static OrientationChoice ReadOrientations(string? name) =>
        ReadChoice("orientations", name, MethodNames.Orientations) ?? MethodNames.Orientations.Default;

    private static T? ReadChoice<T>(string key, string? name, NameTable<T> names)
        where T : struct, Enum => name is null ? null : names.Find(name) ?? throw RequestException.BadRequest($"'{key}' must be {names.Choices}.");

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
