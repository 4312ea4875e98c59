using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Masks;
using MedSam2.Inference;
using MedSam2.Training.Fitting;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>What the model makes of a structure's prompts.</summary>
/// <param name="Structure">Which one.</param>
/// <param name="OnPrompt">Its answer on the first prompted slice.</param>
/// <param name="Voxels">1 inside, for each voxel of the case.</param>
internal sealed record TrackedStructure(Structure Structure, Mask OnPrompt, byte[] Voxels);

/// <summary>Prompts structures of a case and carries them through its volume, several at once, as a person's session would.</summary>
internal static class ModelTracking
{
    private const int Together = 8;

    public static IEnumerable<TrackedStructure> Track(
        ProtocolContext context, EvaluationCase from, IReadOnlyList<Structure> structures, Func<Structure, IReadOnlyList<SlicePrompt>> promptsOf, TrackingOptions tracking)
    {
        using var session = new VolumeSession(context.Model, from.Volume, tracking);
        foreach (var batch in structures.Chunk(Together))
        {
            var onPrompt = new Mask[batch.Length];
            for (var id = 0; id < batch.Length; id++)
            {
                foreach (var prompt in promptsOf(batch[id]))
                {
                    var answer = context.Device.Run(() => session.Prompt(id, prompt, context.Cancellation));
                    onPrompt[id] ??= answer.Mask;
                }
            }

            Propagate(context, session, batch[0].Axis, [.. Enumerable.Range(0, batch.Length)]);
            for (var id = 0; id < batch.Length; id++)
            {
                yield return new(batch[id], onPrompt[id], Voxels(session, id, batch[id]));
                session.RemoveObject(id);
            }
        }
    }

    /// <summary>Carries objects through the whole volume.</summary>
    public static void Propagate(ProtocolContext context, VolumeSession session, SliceAxis axis, int[] ids)
    {
        var range = PropagationRange.Whole with { Axis = axis, Orientations = context.Options.Orientations };
        foreach (var _ in context.Device.Each(session.Propagate(ids, range, context.Cancellation)))
        {
            // Asked for its effect: the session keeps the masks.
        }
    }

    public static byte[] Voxels(VolumeSession session, int id, Structure structure)
    {
        var voxels = new byte[session.Volume.Voxels.Count];
        foreach (var mask in session.Masks(id).Where(m => m.Axis == structure.Axis))
            VoxelMasks.Put(voxels, session.Volume.Geometry, mask.Axis, mask.Index, mask.Mask);
        return voxels;
    }
}
