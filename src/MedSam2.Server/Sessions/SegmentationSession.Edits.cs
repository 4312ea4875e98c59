using System.Text.RegularExpressions;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>Undoing, removing, naming, forgetting, loading.</summary>
internal sealed partial class SegmentationSession
{
    private const int LongestText = 64, LongestCode = 16;

    /// <summary>What an undo or redo would be about. Propagations under way become steps first, and are what is undone.</summary>
    /// <exception cref="PromptException">There is nothing.</exception>
    /// <exception cref="RequestException">An object that it would change is locked.</exception>
    public Written<HistoryStep> PrepareMove(bool redo, Caller caller) => Change(caller, () =>
    {
        End(_ => true);
        var step = (redo ? _history.ToRedo : _history.ToUndo)
            ?? throw new PromptException($"There is nothing to {(redo ? "redo" : "undo")}.");
        foreach (var id in step.Objects)
            RequireUnlocked(id);
        return step;
    });

    /// <summary>Undoes or redoes a step.</summary>
    /// <param name="step">From <see cref="PrepareMove"/>.</param>
    /// <param name="redo">Which of both.</param>
    /// <param name="states">What the step's objects were before it (or after it, for a redo).</param>
    /// <param name="caller">Who wants it.</param>
    /// <returns>Null where somebody else changed the session since.</returns>
    public Written<Change>? Move(HistoryStep step, bool redo, IReadOnlyDictionary<int, byte[]?> states, Caller caller)
    {
        if ((redo ? _history.ToRedo : _history.ToUndo) != step || _running.Count > 0)
            return null;
        return Change(caller, () =>
        {
            if (redo)
                _history.Redo();
            else
                _history.Undo();
            foreach (var (id, state) in states)
                _volume.Restore(id, state);
            _recorder.Pending.HeadMoved = true;
            _recorder.Log(redo ? "Redo" : "Undo", caller.User, new { step.Number });
            return Describe(step.Objects);
        });
    }

    public Written<Change> Remove(ObjectRequest request, Caller caller)
    {
        var id = RequireId(request.ObjectId);
        RequireKnown(id);
        RequireUnlocked(id);
        return Edit("RemoveObject", request with { SessionId = null }, $"Removal of {LabelOf(id).Name}", caller, () => _volume.RemoveObject(id), id);
    }

    public Written<Change> ClearSlice(SliceRequest request, Caller caller)
    {
        var id = RequireId(request.ObjectId);
        RequireKnown(id);
        RequireUnlocked(id);
        var axis = Planes.Parse(request.Plane);
        var index = request.Index ?? throw RequestException.BadRequest("'index' is missing: name the slice.");
        if (!_volume.PromptsOf(id).Any(said => said.Axis == axis && said.Index == index))
            throw new PromptException($"Nothing was said about object {id} on slice {index} along {Planes.NameOf(axis)}.");
        return Edit("ClearSlice", request with { SessionId = null }, $"Clearing slice {index} of {LabelOf(id).Name}", caller, () => _volume.ClearSlice(id, axis, index), id);
    }

    public Written<Change> Reset(ObjectRequest request, Caller caller)
    {
        if (request.ObjectId is { } named)
            RequireKnown(RequireId(named));
        int[] ids = request.ObjectId is { } one ? [one] : [.. _volume.ObjectIds];
        foreach (var id in ids)
            RequireUnlocked(id);
        return Edit(
            "Reset",
            request with { SessionId = null },
            request.ObjectId is { } only ? $"Reset of {LabelOf(only).Name}" : "Reset",
            caller,
            () => Array.ForEach(ids, id => _volume.ResetObject(id)),
            ids);
    }

    /// <summary>Names are no step to undo: they outlive what becomes of the object.</summary>
    public Written<Change> Rename(RenameObjectRequest request, Caller caller)
    {
        var id = RequireId(request.ObjectId);
        RequireKnown(id);
        var label = LabelOf(id);
        if (label.Locked && request.Locked is not false)
            RequireUnlocked(id);
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > LongestText || name.Any(char.IsControl)))
            throw new PromptException($"A name needs 1 to {LongestText} characters, on one line.");
        if (request.Colour is { } colour && !Colour().IsMatch(colour))
            throw new PromptException("A colour is written as #rrggbb.");
        if (request.Code is { } code && !IsCode(code))
            throw new PromptException($"A code needs a scheme and a value of 1 to {LongestCode} characters, and a meaning of 1 to {LongestText}.");
        return Change(caller, () =>
        {
            _labels[id] = new(request.Name ?? label.Name, request.Code ?? label.Code, request.Colour ?? label.Colour, request.Locked ?? label.Locked);
            _recorder.Pending.Labels.Add((id, _labels[id]));
            _recorder.Log("RenameObject", caller.User, request with { SessionId = null });
            return Describe([id]);
        });
    }

    /// <summary>Makes objects of masks that were stored.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="loaded">The objects, each with its slices along k.</param>
    /// <param name="caller">Who wants it.</param>
    public Written<Change> Load(LoadLabelRequest request, IReadOnlyList<LoadedObject> loaded, Caller caller)
    {
        var free = Enumerable.Range(1, ObjectWriter.LargestId).Where(id => !_labels.ContainsKey(id)).Take(loaded.Count).ToArray();
        if (free.Length < loaded.Count)
            throw new PromptException("There are no ids left for the objects. Open a new session.");
        // Objects that hold nothing, as after Reset, give way: what is loaded is then all that there is.
        int[] empty = [.. _volume.ObjectIds.Where(id => !LabelOf(id).Locked && !_volume.Known(id).Any() && !_volume.PromptsOf(id).Any())];
        return Edit("LoadLabel", request with { SessionId = null }, "Loading", caller, Add, [.. free, .. empty]);

        void Add()
        {
            Array.ForEach(empty, id => _volume.RemoveObject(id));
            foreach (var (id, item) in free.Zip(loaded))
            {
                _volume.AddObject(id, Imaging.Geometry.SliceAxis.K, item.Slices);
                _labels[id] = item.Label;
                _recorder.Pending.Labels.Add((id, item.Label));
            }
        }
    }

    /// <summary>How far orientations disagree about an object on a slice.</summary>
    public UncertaintyAnswer Uncertainty(SliceRequest request)
    {
        var id = RequireId(request.ObjectId);
        RequireKnown(id);
        var axis = Planes.Parse(request.Plane);
        var (width, height, count) = _volume.Volume.Geometry.SliceShape(axis);
        if (request.Index is not { } index || index < 0 || index >= count)
            throw new PromptException($"'index' must name a slice: the stack along {Planes.NameOf(axis)} has slices 0 to {count - 1}.");
        return new() { Width = width, Height = height, Values = _volume.UncertaintyAt(id, axis, index) ?? [] };
    }

    private Written<Change> Edit(string call, object request, string text, Caller caller, Action edit, params int[] ids) => Change(caller, () =>
    {
        End(propagation => propagation.Objects.Intersect(ids).Any());
        edit();
        Step(text, ids);
        _recorder.Log(call, caller.User, request);
        return Describe(ids);
    });

    /// <summary>Brings the frames in line with what objects are now, and tells the difference.</summary>
    private Change Describe(int[] ids)
    {
        List<MaskFrame> frames = [];
        int[] gone = [.. ids.Where(id => !_volume.ObjectIds.Contains(id))];
        foreach (var id in gone)
        {
            Frames.Remove(id);
            _recorder.Pending.RemovedObjects.Add(id);
        }

        foreach (var id in ids.Except(gone))
            frames.AddRange(Frames.Sync(id, _volume.Known(id)));
        _recorder.Pending.Frames.AddRange(frames);
        return new() { Frames = frames, Objects = [.. ids.Except(gone).Select(Describe)], Removed = gone, History = _history.Describe() };
    }

    private static bool IsCode(CodeInfo code) =>
        code is { Scheme.Length: >= 1 and <= LongestCode, Value.Length: >= 1 and <= LongestCode, Meaning.Length: >= 1 and <= LongestText };

    [GeneratedRegex("^#[0-9a-fA-F]{6}$", RegexOptions.CultureInvariant)]
    private static partial Regex Colour();
}

/// <summary>An object of a stored segmentation.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="Slices">Its slices along k that are not empty.</param>
internal sealed record LoadedObject(ObjectLabel Label, IReadOnlyDictionary<int, Mask> Slices);
