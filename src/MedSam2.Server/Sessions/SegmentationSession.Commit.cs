using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Server.Errors;
using MedSam2.Server.Sessions.Labels;

namespace MedSam2.Server.Sessions;

/// <summary>Taking objects out to store them.</summary>
internal sealed partial class SegmentationSession
{
    /// <summary>Takes what a plan names out of the session, an object a step.</summary>
    /// <exception cref="RequestException">There is no such object.</exception>
    /// <exception cref="PromptException">There is nothing to store.</exception>
    public IEnumerable<bool> Collect(CommitPlan plan, CommitContent content)
    {
        foreach (var id in plan.ObjectIds ?? [])
            RequireKnown(id);
        // Taken at once, so that nobody's click comes between two objects.
        int[] ids = plan.ObjectIds ?? [.. _volume.ObjectIds.Order().Where(id => Frames.CountSlices(id) > 0)];
        if (ids.Length == 0)
            throw new PromptException("There is nothing to commit: no object has a mask yet.");
        content.LogHash = LogHash;
        var painted = ids.Select(id => (Id: id, Paint: _volume.Painter(id), IsPainted: _volume.Known(id).All(s => s.IsPrompted) && _volume.PromptsOf(id).All(p => p.Mask is not null))).ToArray();
        foreach (var (id, paint, isPainted) in painted)
        {
            content.Objects.Add(new(id, Named(id, plan), isPainted, Encode(paint())));
            yield return true;
        }
    }

    private ObjectLabel Named(int id, CommitPlan plan)
    {
        var label = LabelOf(id);
        return plan.Names.GetValueOrDefault(id) is { } given ? label with { Name = given.Name ?? label.Name, Code = given.Code ?? label.Code } : label;
    }

    private static MaskRuns[] Encode(Imaging.Volumes.LabelMap map)
    {
        var (width, height, count) = map.Geometry.SliceShape(SliceAxis.K);
        return [.. Enumerable.Range(0, count).Select(k => MaskRuns.Encode(map.Labels.AsSpan(k * width * height, width * height), width))];
    }
}
