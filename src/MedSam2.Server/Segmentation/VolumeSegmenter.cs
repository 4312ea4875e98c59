using System.Diagnostics;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.Device;
using MedSam2.Server.Method;

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
    /// <param name="inBackground">Whether nobody waits for it.</param>
    /// <exception cref="PromptException">A prompt cannot be followed.</exception>
    public async Task<SegmentedVolume> SegmentAsync(
        Volume volume, PromptPlan plan, TrackingOptions tracking, bool comesAgain, CancellationToken cancellation, bool inBackground = false)
    {
        // Without a word of where the object is there is nothing to ask the network: a person who takes back the last click sees the mask go.
        if (plan.Prompts.Count == 0)
            return new SegmentedVolume(new LabelMap(volume.Geometry), TimeSpan.Zero, TimeSpan.Zero, 0, null, null);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        var run = new Run(sessions, volume, plan, tracking, comesAgain);
        var priority = inBackground ? DevicePriority.Batch : plan.Range is null ? DevicePriority.Click : DevicePriority.Propagation;
        await device.RunStepsAsync(priority, run.Steps, given.Token);
        return run.Result!;
    }

    /// <summary>One request, slice by slice, so that others have their turn in between.</summary>
    private sealed class Run(WarmSessions sessions, Volume volume, PromptPlan plan, TrackingOptions tracking, bool comesAgain)
    {
        /// <summary>Null until the last step.</summary>
        public SegmentedVolume? Result { get; private set; }

        public IEnumerable<bool> Steps(CancellationToken cancellation)
        {
            var warm = sessions.Take(volume, tracking);
            var session = warm.Session;
            try
            {
                var start = Stopwatch.GetTimestamp();
                session.Prompt(Object, plan.Prompts[0], cancellation);
                yield return true;
                var firstMask = Stopwatch.GetElapsedTime(start);
                foreach (var prompt in plan.Prompts.Skip(1))
                {
                    session.Prompt(Object, prompt, cancellation);
                    yield return true;
                }

                var slices = 0;
                foreach (var step in Propagate(session, cancellation))
                {
                    slices += step.Slice is null ? 0 : 1;
                    yield return true;
                }

                foreach (var correction in plan.Corrections)
                {
                    session.Prompt(Object, correction, cancellation);
                    yield return true;
                }

                foreach (var step in plan.Corrections.Count > 0 ? Propagate(session, cancellation) : [])
                {
                    slices += step.Slice is null ? 0 : 1;
                    yield return true;
                }

                Result = new(session.ToLabelMap(), firstMask, Stopwatch.GetElapsedTime(start), slices, session.Window, MethodRecord.Describe(tracking, plan.Range?.Orientations ?? OrientationChoice.PromptPlane, session.Window));
            }
            finally
            {
                // Whatever is left half done in a session goes with it.
                if (Result is not null && comesAgain)
                    sessions.GiveBack(warm);
                else
                    warm.Dispose();
            }
        }

        private IEnumerable<PropagationStep> Propagate(VolumeSession session, CancellationToken cancellation) =>
            plan.Range is { } range ? session.PropagateInSteps([Object], range, cancellation) : [];
    }
}

/// <summary>One object in a volume.</summary>
/// <param name="Mask">1 inside, 0 outside.</param>
/// <param name="FirstMask">Until the first prompt's slice was known.</param>
/// <param name="Total">Until all was known.</param>
/// <param name="Slices">How many slices the object was carried to.</param>
/// <param name="Window">The grey window that the network saw the volume through; null where nothing was asked of it.</param>
/// <param name="Method">How it was found, in words; null where nothing was asked of the network.</param>
internal sealed record SegmentedVolume(LabelMap Mask, TimeSpan FirstMask, TimeSpan Total, int Slices, IntensityWindow? Window, string? Method);
