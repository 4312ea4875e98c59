using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>What a checkpoint says about one tensor, before its values are read.</summary>
/// <param name="Name">Its key in the state dict.</param>
/// <param name="Type">The type its values are stored in.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="ByteCount">Size of the values once read, without gaps.</param>
public sealed record CheckpointTensor(string Name, ScalarType Type, long[] Shape, long ByteCount)
{
    /// <summary>For example <c>Float32 [256, 3, 7, 7]</c>.</summary>
    public override string ToString() => Describe(Type, Shape);

    internal static string Describe(ScalarType type, long[] shape) => $"{type} [{string.Join(", ", shape)}]";
}
