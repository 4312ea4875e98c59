using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>Makes the few objects of a torch pickle out of their arguments, all of which are checked here; collects the storages they name.</summary>
internal sealed class TorchObjects
{
    private readonly Dictionary<string, TorchStorage> storages = new(StringComparer.Ordinal);

    /// <summary>Every storage that a persistent identifier named.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => storages;

    /// <summary>The result of calling <paramref name="callee"/>.</summary>
    public static object Call(TorchGlobal callee, object?[] arguments) => callee.Kind switch
    {
        TorchGlobalKind.OrderedDict when arguments.Length == 0 => new PickleDictionary(),
        TorchGlobalKind.Size when arguments is [object?[] sizes] => sizes,
        TorchGlobalKind.RebuildParameter when arguments is [TorchTensor data, _, _, ..] => data,
        TorchGlobalKind.RebuildTensor when arguments is
            [TorchStorageView view, long start, object?[] shape, object?[] strides, ..] =>
            MakeTensor(view, TypeOf(callee, view, arguments), start, shape, strides),
        _ => throw new InvalidDataException($"{callee.Name} is called with arguments that do not fit it"),
    };

    /// <summary>The storage of a persistent identifier: <c>('storage', type, key, location, count[, part])</c>.</summary>
    public TorchStorageView Resolve(object? identifier)
    {
        if (identifier is not object?[] { Length: 5 or 6 } parts
            || parts is not ["storage", TorchGlobal { Kind: TorchGlobalKind.Storage } type, string key, string, long count, ..])
        {
            throw new InvalidDataException("a persistent identifier is not that of a storage");
        }

        if (count < 0 || count > long.MaxValue / TensorStorage.SizeOf(type.Type))
            throw new InvalidDataException($"the storage {CheckpointException.Quote(key)} says it has {count} elements");
        if (!storages.TryGetValue(key, out var storage))
            storages.Add(key, storage = new TorchStorage(key, type.Type, count));
        if (storage.Type != type.Type || storage.Count != count)
            throw new InvalidDataException($"the storage {CheckpointException.Quote(key)} is described in two ways");

        return parts.Length == 6 && parts[5] is not null
            ? MakePart(storage, parts[5])
            : new TorchStorageView(storage, 0, count);
    }

    private static TorchStorageView MakePart(TorchStorage storage, object? part)
    {
        if (part is object?[] parts && parts is [string, long start, long count]
            && start >= 0 && count >= 0 && start <= storage.Count - count)
        {
            return new TorchStorageView(storage, start, count);
        }

        throw new InvalidDataException($"a part of the storage {CheckpointException.Quote(storage.Key)} lies outside of it");
    }

    private static ScalarType TypeOf(TorchGlobal callee, TorchStorageView view, object?[] arguments)
    {
        if (!callee.Name.EndsWith("_v3", StringComparison.Ordinal))
            return view.Storage.Type;
        return arguments is [_, _, _, _, _, _, TorchGlobal { Kind: TorchGlobalKind.DataType } type, ..]
            ? type.Type
            : throw new InvalidDataException($"{callee.Name} is called without a data type");
    }

    private static TorchTensor MakeTensor(TorchStorageView view, ScalarType type, long start, object?[] shape, object?[] strides)
    {
        if (shape.Length != strides.Length || shape.Length > TensorStorage.MostDimensions)
            throw new InvalidDataException($"a tensor has {shape.Length} sizes and {strides.Length} strides");

        // In elements of the tensor's type, which differs from the storage's only where that one is untyped bytes.
        var available = view.Count * TensorStorage.SizeOf(view.Storage.Type) / TensorStorage.SizeOf(type);
        var (count, last) = (1L, 0L);
        for (var n = 0; n < shape.Length; n++)
        {
            if (shape[n] is not (long and >= 0 and var size) || strides[n] is not (long and >= 0 and var stride))
                throw new InvalidDataException("a tensor's sizes and strides are not whole numbers from 0");
            count = Multiply(count, size);
            last = Add(last, Multiply(Math.Max(size - 1, 0), stride));
        }

        if (start < 0 || count > available || (count > 0 && Add(start, last) >= available))
        {
            throw new InvalidDataException(
                $"a tensor of shape [{string.Join(", ", shape)}] with strides [{string.Join(", ", strides)}] from element {start} on "
                + $"does not fit in its storage of {available} elements");
        }

        var first = view.Start * TensorStorage.SizeOf(view.Storage.Type) / TensorStorage.SizeOf(type);
        return new TorchTensor(view.Storage, type, first + start, count == 0 ? 0 : last + 1, shape, strides, count);
    }

    /// <summary>Saturates instead of wrapping round: no real size comes near.</summary>
    private static long Multiply(long a, long b) => a != 0 && b > long.MaxValue / a ? long.MaxValue : a * b;

    private static long Add(long a, long b) => b > long.MaxValue - a ? long.MaxValue : a + b;
}
