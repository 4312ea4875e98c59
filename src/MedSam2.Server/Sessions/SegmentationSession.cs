using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.Server.Sessions.Wire;

namespace MedSam2.Server.Sessions;

/// <summary>
/// A person's work on one image: its objects, what was said about them, and the frames that clients hold. It knows neither
/// hub nor grain.
/// </summary>
/// <remarks>Used on the device's thread alone, except for <see cref="Frames"/>.</remarks>
internal sealed class SegmentationSession(VolumeSession volume) : IDisposable
{
    private const int LargestObjectId = 65_535;

    private readonly SortedDictionary<int, ObjectLabel> _labels = [];

    public VolumeSession Volume => volume;

    public FrameTable Frames { get; } = new();

    /// <exception cref="PromptException">The prompt cannot be followed.</exception>
    /// <exception cref="RequestException">The object is locked, or the request malformed.</exception>
    public PromptAnswer Prompt(PromptRequest request, CancellationToken cancellation)
    {
        var id = RequireId(request.ObjectId);
        RequireUnlocked(id);
        var answer = volume.Prompt(id, PromptReader.Read(request, volume.Volume.Geometry), cancellation);
        _labels.TryAdd(id, ObjectLabel.Default(id));
        Frames.Put(volume.KnownAt(id, answer.Axis, answer.Index)!, FrameStep.Single);
        return new()
        {
            Frame = Frames.Find(new(id, answer.Axis, answer.Index))!,
            Alternatives = [.. answer.Alternatives.Select(Describe)],
            Object = Describe(id),
            History = new(),
        };
    }

    /// <summary>Carries objects through the volume, in steps of one slice's work each.</summary>
    /// <returns>A frame where a slice changed; null for a step without one.</returns>
    public IEnumerable<MaskFrame?> Propagate(int[] ids, PropagationRange range, CancellationToken cancellation)
    {
        foreach (var id in ids)
            RequireUnlocked(id);
        foreach (var step in volume.PropagateInSteps(ids, range, cancellation))
            yield return step.Slice is { } slice ? Frames.Put(slice, new(step.Pass, step.Passes, step.Done, step.Total)) : null;
    }

    public SessionState State(int? objectId) => new()
    {
        Sequence = Frames.Sequence,
        Objects = Objects(),
        Frames = Frames.Shown(objectId),
        History = new(),
    };

    public IReadOnlyList<ObjectInfo> Objects() => [.. volume.ObjectIds.Order().Select(Describe)];

    /// <summary>The objects that a call without ids is about.</summary>
    public int[] UnlockedIds() => [.. volume.ObjectIds.Where(id => !LabelOf(id).Locked)];

    public void Dispose() => volume.Dispose();

    private ObjectInfo Describe(int id)
    {
        var label = LabelOf(id);
        return new()
        {
            ObjectId = id,
            Name = label.Name,
            Code = label.Code,
            Colour = label.Colour,
            Locked = label.Locked,
            Prompts = [.. volume.PromptsOf(id).Select(Describe)],
            SliceCount = Frames.CountSlices(id),
        };
    }

    private static PromptInfo Describe(SlicePrompt said) => new()
    {
        Plane = Planes.NameOf(said.Axis),
        Index = said.Index,
        Points = [.. said.Points.Select(p => new ClickPoint { At = Planes.ToVoxel(p.X, p.Y, said.Axis, said.Index), Include = p.Include })],
        Box = said.Box is { } box
            ? new() { Min = Planes.ToVoxel(box.X0, box.Y0, said.Axis, said.Index), Max = Planes.ToVoxel(box.X1, box.Y1, said.Axis, said.Index) }
            : null,
        HasMask = said.Mask is not null,
    };

    private static Alternative Describe(CandidateMask candidate)
    {
        var runs = MaskRuns.Encode(candidate.Mask);
        var (x, y, width, height) = runs.Box;
        return new() { Box = [x, y, x + width, y + height], Runs = runs.Runs.ToArray(), Iou = candidate.PredictedIou };
    }

    private ObjectLabel LabelOf(int id) => _labels.GetValueOrDefault(id) ?? ObjectLabel.Default(id);

    private void RequireUnlocked(int id)
    {
        if (LabelOf(id).Locked)
            throw new RequestException(StatusCodes.Status403Forbidden, $"Object {id} is locked. Unlock it with RenameObject first.");
    }

    private static int RequireId(int? id) => id is >= 1 and <= LargestObjectId
        ? id.Value
        : throw RequestException.BadRequest($"'objectId' must lie in 1 to {LargestObjectId}.");
}
