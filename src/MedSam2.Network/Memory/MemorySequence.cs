using static TorchSharp.torch;

namespace MedSam2.Network;

/// <summary>
/// Memories and pointers as memory attention takes them: spatial memories one after the other, then pointer tokens.
/// Made by the model from an explicit list of memories.
/// </summary>
/// <param name="Tokens"><c>[B,M,d_mem]</c>.</param>
/// <param name="Positions"><c>[B or 1,M,d_mem]</c>, added to the tokens where they serve as keys.</param>
/// <param name="PointerTokens">How many of the last tokens come from pointers.</param>
/// <param name="Bias"><c>[B,M]</c>, added to the attention logits; null for none.</param>
public sealed record MemorySequence(Tensor Tokens, Tensor Positions, long PointerTokens, Tensor? Bias = null) : IDisposable
{
    public void Dispose()
    {
        Tokens.Dispose();
        Positions.Dispose();
        Bias?.Dispose();
    }
}
