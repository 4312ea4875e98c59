using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Storage;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>
/// A person's work on one image: its objects, what was said about them, the frames that clients hold, and what can be undone.
/// Each call gathers what it changes and hands it to the journal before it returns. It knows neither hub nor grain.
/// </summary>
/// <remarks>Used on the device's thread alone, except for <see cref="Frames"/>.</remarks>
internal sealed partial class SegmentationSession : IDisposable
{
    private readonly VolumeSession _volume;
    private readonly SessionRecorder _recorder;
    private readonly SessionHistory _history;
    private readonly SortedDictionary<int, ObjectLabel> _labels = [];
    private readonly List<RunningPropagation> _running = [];

    public SegmentationSession(VolumeSession volume, SessionJournal journal, string id, int undoSteps, StoredSession? stored)
    {
        _volume = volume;
        _recorder = new(id, journal, stored?.LastEntry);
        _history = new(undoSteps);
        if (stored is not null)
            Continue(stored);
    }

    public VolumeSession Volume => _volume;

    public FrameTable Frames { get; } = new();

    /// <summary>SHA-256 over all that was said.</summary>
    public string LogHash => _recorder.LogHash;

    /// <exception cref="PromptException">The prompt cannot be followed.</exception>
    /// <exception cref="RequestException">The object is locked, or the request malformed.</exception>
    public Written<PromptAnswer> Prompt(PromptRequest request, Caller caller, CancellationToken cancellation)
    {
        var id = RequireId(request.ObjectId);
        RequireUnlocked(id);
        var prompt = PromptReader.Read(request, _volume.Volume.Geometry);
        _volume.Check(id, prompt);
        return Change(caller, () =>
        {
            End(propagation => propagation.Objects.Contains(id));
            var answer = _volume.Prompt(id, prompt, cancellation);
            if (_labels.TryAdd(id, ObjectLabel.Default(id)))
                _recorder.Pending.Labels.Add((id, _labels[id]));
            var known = _volume.KnownAt(id, answer.Axis, answer.Index)!;
            var key = new FrameKey(id, answer.Axis, answer.Index);
            Note(Frames.Put(known, FrameStep.Single));
            Step($"{(prompt.Mask is null ? "Prompt" : "Edit")} on slice {prompt.Index} of {_labels[id].Name}", id);
            _recorder.Log("Prompt", caller.User, request with { SessionId = null });
            return new PromptAnswer
            {
                Frame = Frames.Find(key)!,
                Alternatives = [.. answer.Alternatives.Select(ObjectWriter.Describe)],
                Object = Describe(id),
                History = _history.Describe(),
            };
        });
    }

    public SessionState State(int? objectId) => new()
    {
        Sequence = Frames.Sequence,
        Objects = [.. Objects().Where(o => objectId is null || o.ObjectId == objectId)],
        Frames = Frames.Shown(objectId),
        History = _history.Describe(),
    };

    public IReadOnlyList<ObjectInfo> Objects() => [.. _volume.ObjectIds.Order().Select(Describe)];

    public ObjectLabel LabelOf(int id) => _labels.GetValueOrDefault(id) ?? ObjectLabel.Default(id);

    public HistoryInfo History => _history.Describe();

    /// <summary>Propagations under way become steps first, so that they can be undone when the session comes back.</summary>
    public void Dispose()
    {
        End(_ => true);
        _recorder.Flush(Frames.Sequence, _history.Head);
        _volume.Dispose();
    }

    public ObjectInfo Describe(int id) => ObjectWriter.Describe(id, LabelOf(id), _volume.PromptsOf(id), Frames.CountSlices(id));

    /// <summary>Takes up what was kept.</summary>
    private void Continue(StoredSession stored)
    {
        foreach (var (id, label) in stored.Labels)
            _labels[id] = label;
        _history.Continue(stored.Steps, stored.Row.Head);
        foreach (var (id, state) in stored.States)
            _volume.Restore(id, state);
        foreach (var frame in stored.Frames)
        {
            Frames.Restore(frame);
            if (!FrameTable.IsNothing(frame))
                _volume.Adopt(FrameReader.Read(frame));
        }

        Frames.Continue(stored.Row.Sequence);
    }

    /// <summary>Runs a change: what it gathered is handed over where it succeeds, and dropped where it fails.</summary>
    private Written<T> Change<T>(Caller caller, Func<T> change)
    {
        Frames.Origin = caller.ConnectionId;
        try
        {
            var result = change();
            return new(result, _recorder.Flush(Frames.Sequence, _history.Head));
        }
        catch
        {
            // Ending a propagation is no part of the change, and has happened.
            _recorder.Flush(Frames.Sequence, _history.Head);
            throw;
        }
    }

    private void Note(MaskFrame? frame)
    {
        if (frame is not null)
            _recorder.Pending.Frames.Add(frame);
    }

    /// <summary>Makes what objects are now a step that can be undone.</summary>
    private void Step(string text, params int[] objects)
    {
        var step = _history.Add(text, objects);
        _recorder.Pending.Steps.Add(new(step.Number, text, [.. objects.Select(id => (id, _volume.Capture(id)))], _history.Oldest));
    }

    /// <summary>Ends propagations that what comes next would make meaningless.</summary>
    private void End(Predicate<RunningPropagation> isMeant)
    {
        foreach (var propagation in _running.FindAll(isMeant))
            End(propagation);
    }

    private void RequireKnown(int id)
    {
        if (!_volume.ObjectIds.Contains(id))
            throw RequestException.NotFound($"There is no object {id} in this session.");
    }

    private void RequireUnlocked(int id)
    {
        if (LabelOf(id).Locked)
            throw new RequestException(StatusCodes.Status403Forbidden, $"Object {id} is locked. Unlock it with RenameObject first.");
    }

    private static int RequireId(int? id) => id is >= 1 and <= ObjectWriter.LargestId
        ? id.Value
        : throw RequestException.BadRequest($"'objectId' must lie in 1 to {ObjectWriter.LargestId}.");
}
