using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Training.Fitting;

/// <summary>
/// The memories of a sequence so far, as the tracker presents them: prompted slices apart, the others by how long ago. A slice
/// on which the network did not find an object, or a prompted one with an empty mask, is no memory of it.
/// </summary>
internal sealed class SequenceHistory(Sam2Model model)
{
    private readonly List<(int Slice, bool IsPrompted, Tensor Memory, Tensor Pointer, float[] Bias)> entries = [];

    public void Add(int slice, SamOutput output, Tensor memory, bool isPrompted)
    {
        using var scores = output.ObjectScoreLogits.detach().cpu().contiguous();
        using var most = output.HighResMasks.detach().amax([1, 2, 3]).cpu();
        var holds = scores.data<float>().Zip(most.data<float>(), (score, logit) => score > 0 && (logit > 0 || !isPrompted));
        float[] bias = [.. holds.Select(holdsObject => holdsObject || entries.Count == 0 ? 0 : float.NegativeInfinity)];
        entries.Add((slice, isPrompted, memory, output.ObjPtr, bias.All(b => b == 0) ? [] : bias));
    }

    public MemoryContext At(int slice)
    {
        var configuration = model.Configuration;
        var last = configuration.NumMaskmem - 1;
        var kept = entries.Where(e => e.IsPrompted || slice - e.Slice <= last).ToList();
        var memories = kept.Select(e => new MemorySlot(e.Memory) { TemporalRows = [e.IsPrompted ? last : slice - e.Slice - 1], AttentionBias = e.Bias });
        var most = Math.Max(1, Math.Min(slice + 1, configuration.MaxObjPtrsInEncoder) - 1);
        var pointers = configuration.UseObjPtrsInEncoder
            ? entries.TakeLast(configuration.MaxObjPtrsInEncoder).Select(e => new PointerSlot(e.Pointer) { TemporalPositions = [(slice - e.Slice) / (float)most], AttentionBias = e.Bias })
            : [];
        return new([.. memories], [.. pointers]);
    }
}
