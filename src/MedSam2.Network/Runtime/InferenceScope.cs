using static TorchSharp.torch;

namespace MedSam2.Network.Runtime;

/// <summary>
/// A dispose scope with gradients off, for a whole synchronous forward. Scope and mode belong to the thread: never <c>await</c> inside.
/// </summary>
/// <remarks>Tensors made inside cannot take part in training afterwards.</remarks>
public sealed class InferenceScope : IDisposable
{
    private readonly IDisposable mode = inference_mode(true);
    private readonly TorchSharp.DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        mode.Dispose();
    }
}
