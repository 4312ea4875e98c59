using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>Carrying objects through the volume.</summary>
internal sealed partial class SegmentationSession
{
    /// <summary>Carries objects through the volume, in steps of one slice's work each. However it ends, what it found is one step to undo.</summary>
    /// <returns>What the caller missed, where it says what it has; then a frame where a slice changed; null for a step without one.</returns>
    /// <exception cref="OvertakenException">One of the objects was changed meanwhile.</exception>
    public IEnumerable<Written<MaskFrame>?> Propagate(PropagateRequest request, OrientationChoice opened, Caller caller, CancellationToken cancellation)
    {
        var range = RangeReader.Read(request, opened, _volume.Volume.Geometry);
        int[] ids = request.ObjectIds is { Count: > 0 } named
            ? [.. named.Distinct()]
            : [.. _volume.ObjectIds.Where(id => !LabelOf(id).Locked && _volume.PromptsOf(id).Any(said => said.Axis == range.Axis))];
        if (ids.Length == 0)
            throw new PromptException($"There is nothing to carry: no object has a prompt on a slice along {Planes.NameOf(range.Axis)}, or all are locked.");
        foreach (var id in ids)
            RequireUnlocked(id);
        var steps = _volume.PropagateInSteps(ids, range, cancellation);

        End(other => other.Objects.Intersect(ids).Any());
        var running = new RunningPropagation(ids, request, caller);
        _running.Add(running);
        try
        {
            // Only here nothing can come between: what an earlier stream found is found by now, and told to nobody yet.
            foreach (var missed in request.ResumeFrom is { } has ? Frames.After(has).Frames : [])
                yield return new(missed, _recorder.LastKept);
            foreach (var step in steps)
            {
                yield return Put(step, running);
                if (running.HasEnded)
                    throw new OvertakenException($"Object {string.Join(", ", ids)} was changed while it was carried. Propagate again.");
            }
        }
        finally
        {
            if (!running.HasEnded)
            {
                End(running);
                _recorder.Flush(Frames.Sequence, _history.Head);
            }
        }
    }

    private Written<MaskFrame>? Put(PropagationStep step, RunningPropagation running)
    {
        if (step.Slice is not { } slice)
            return null;
        Frames.Origin = running.Caller.ConnectionId;
        var frame = Frames.Put(slice, new(step.Pass, step.Passes, step.Done, step.Total));
        if (frame is null)
            return null;
        running.HasChanged = true;
        Note(frame);
        return new(frame, _recorder.Flush(Frames.Sequence, _history.Head));
    }

    private void End(RunningPropagation running)
    {
        running.HasEnded = true;
        _running.Remove(running);
        ShowAll(running);
        if (!running.HasChanged)
            return;
        Step($"Propagation of {string.Join(", ", running.Objects.Select(id => LabelOf(id).Name))}", running.Objects);
        _recorder.Log("Propagate", running.Caller.User, running.Request with { SessionId = null });
    }

    /// <summary>
    /// Brings the frames in line with what its objects are now: masks are in an object before their frames are asked for,
    /// after a fusion all of them. All are told, since neither who carries nor who ends it is given these frames.
    /// </summary>
    private void ShowAll(RunningPropagation running)
    {
        var origin = Frames.Origin;
        Frames.Origin = "";
        foreach (var frame in running.Objects.SelectMany(id => Frames.Sync(id, _volume.Known(id))))
        {
            running.HasChanged = true;
            Note(frame);
        }

        Frames.Origin = origin;
    }

    /// <summary>A propagation that is under way.</summary>
    private sealed record RunningPropagation(int[] Objects, PropagateRequest Request, Caller Caller)
    {
        /// <summary>Whether it made a frame.</summary>
        public bool HasChanged { get; set; }

        /// <summary>Whether what it found is a step already; it must not go on.</summary>
        public bool HasEnded { get; set; }
    }
}
