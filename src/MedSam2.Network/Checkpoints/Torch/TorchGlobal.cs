using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints.Torch;

internal enum TorchGlobalKind
{
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Storage,
    DataType,
}

/// <summary>
/// A Python class or function that a state dict refers to. There are these and no others: the names are compared, never
/// imported, and what they do is written in <see cref="TorchObjects"/>.
/// </summary>
internal sealed record TorchGlobal(string Name, TorchGlobalKind Kind, ScalarType Type = default)
{
    private static readonly Dictionary<string, TorchGlobal> Known = new TorchGlobal[]
    {
        new("collections.OrderedDict", TorchGlobalKind.OrderedDict),
        new("torch._utils._rebuild_tensor", TorchGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_tensor_v2", TorchGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_tensor_v3", TorchGlobalKind.RebuildTensor),
        new("torch._utils._rebuild_parameter", TorchGlobalKind.RebuildParameter),
        new("torch._utils._rebuild_parameter_with_state", TorchGlobalKind.RebuildParameter),
        new("torch.Size", TorchGlobalKind.Size),
        new("torch.FloatStorage", TorchGlobalKind.Storage, ScalarType.Float32),
        new("torch.DoubleStorage", TorchGlobalKind.Storage, ScalarType.Float64),
        new("torch.HalfStorage", TorchGlobalKind.Storage, ScalarType.Float16),
        new("torch.BFloat16Storage", TorchGlobalKind.Storage, ScalarType.BFloat16),
        new("torch.LongStorage", TorchGlobalKind.Storage, ScalarType.Int64),
        new("torch.IntStorage", TorchGlobalKind.Storage, ScalarType.Int32),
        new("torch.ShortStorage", TorchGlobalKind.Storage, ScalarType.Int16),
        new("torch.CharStorage", TorchGlobalKind.Storage, ScalarType.Int8),
        new("torch.ByteStorage", TorchGlobalKind.Storage, ScalarType.Byte),
        new("torch.BoolStorage", TorchGlobalKind.Storage, ScalarType.Bool),
        new("torch.UntypedStorage", TorchGlobalKind.Storage, ScalarType.Byte),
        new("torch.storage.UntypedStorage", TorchGlobalKind.Storage, ScalarType.Byte),
        new("torch.float32", TorchGlobalKind.DataType, ScalarType.Float32),
        new("torch.float64", TorchGlobalKind.DataType, ScalarType.Float64),
        new("torch.float16", TorchGlobalKind.DataType, ScalarType.Float16),
        new("torch.bfloat16", TorchGlobalKind.DataType, ScalarType.BFloat16),
        new("torch.int64", TorchGlobalKind.DataType, ScalarType.Int64),
        new("torch.int32", TorchGlobalKind.DataType, ScalarType.Int32),
        new("torch.int16", TorchGlobalKind.DataType, ScalarType.Int16),
        new("torch.int8", TorchGlobalKind.DataType, ScalarType.Int8),
        new("torch.uint8", TorchGlobalKind.DataType, ScalarType.Byte),
        new("torch.bool", TorchGlobalKind.DataType, ScalarType.Bool),
    }.ToDictionary(g => g.Name, StringComparer.Ordinal);

    public static TorchGlobal Find(string module, string name)
    {
        return Known.GetValueOrDefault($"{module}.{name}") ?? throw new InvalidDataException(
            $"the pickle asks for {CheckpointException.Quote($"{module}.{name}")}, which is no part of a state dict; nothing was run. "
            + "Save the weights alone: torch.save({'model': model.state_dict()}, path)");
    }
}
