using System.Diagnostics;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Device;

namespace MedSam2.Server.Segmentation;

/// <summary>Segments one object of a volume from all its prompts at once, on the device's thread.</summary>
internal sealed class VolumeSegmenter(DeviceWorker device, WarmSessions sessions, IHostApplicationLifetime lifetime)
{
    private const int Object = 1;

    /// <param name="volume">The image.</param>
    /// <param name="plan">What to prompt, and how far to go.</param>
    /// <param name="tracking">The memory's rules.</param>
    /// <param name="comesAgain">Whether later requests can name the same volume, so that its encoded slices are worth keeping.</param>
    /// <param name="cancellation">Looked at between slices.</param>
    /// <exception cref="PromptException">A prompt cannot be followed.</exception>
    public async Task<SegmentedVolume> SegmentAsync(
        Volume volume, PromptPlan plan, TrackingOptions tracking, bool comesAgain, CancellationToken cancellation)
    {
        // Without a word of where the object is there is nothing to ask the network: a person who takes back the last click sees the mask go.
        if (plan.Prompts.Count == 0)
            return new SegmentedVolume(new LabelMap(volume.Geometry), TimeSpan.Zero, TimeSpan.Zero, 0);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        return await device.RunAsync(stop => Segment(volume, plan, tracking, comesAgain, stop), given.Token);
    }

    private SegmentedVolume Segment(Volume volume, PromptPlan plan, TrackingOptions tracking, bool comesAgain, CancellationToken cancellation)
    {
        var session = sessions.Take(volume, tracking);
        try
        {
            var result = Segment(session, plan, cancellation);
            if (comesAgain)
                sessions.GiveBack(session, tracking);
            else
                session.Dispose();
            return result;
        }
        catch
        {
            session.Dispose(); // whatever is left half done in it goes with it
            throw;
        }
    }

    private static SegmentedVolume Segment(VolumeSession session, PromptPlan plan, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        session.Prompt(Object, plan.Prompts[0], cancellation);
        var firstMask = Stopwatch.GetElapsedTime(start);
        foreach (var prompt in plan.Prompts.Skip(1))
            session.Prompt(Object, prompt, cancellation);

        var slices = Propagate(session, plan, cancellation);
        if (plan.Corrections.Count > 0)
        {
            foreach (var correction in plan.Corrections)
                session.Prompt(Object, correction, cancellation);
            slices += Propagate(session, plan, cancellation);
        }

        return new(session.ToLabelMap(), firstMask, Stopwatch.GetElapsedTime(start), slices);
    }

    private static int Propagate(VolumeSession session, PromptPlan plan, CancellationToken cancellation) =>
        plan.Range is { } range ? session.Propagate([Object], range, cancellation).Count() : 0;
}

/// <summary>One object in a volume.</summary>
/// <param name="Mask">1 inside, 0 outside.</param>
/// <param name="FirstMask">Until the first prompt's slice was known.</param>
/// <param name="Total">Until all was known.</param>
/// <param name="Slices">How many slices the object was carried to.</param>
internal sealed record SegmentedVolume(LabelMap Mask, TimeSpan FirstMask, TimeSpan Total, int Slices);
