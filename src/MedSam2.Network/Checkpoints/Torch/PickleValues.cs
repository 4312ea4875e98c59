using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints.Torch;

// A pickled value is one of these, or null, bool, long, BigInteger, double, string, or object?[] for a tuple.

/// <summary>A Python list.</summary>
internal sealed class PickleList
{
    private List<object?>? items;

    public IReadOnlyList<object?> Items => items ?? [];

    public void Add(object? item) => (items ??= []).Add(item);
}

/// <summary>A Python dict or OrderedDict. Keys are not hashed: nothing here looks one up twice.</summary>
internal sealed class PickleDictionary
{
    private List<KeyValuePair<object?, object?>>? items;

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items ?? [];

    public void Add(object? key, object? value) => (items ??= []).Add(new(key, value));

    /// <summary>The value of a text key; as in Python the last one counts.</summary>
    public object? Find(string key)
    {
        for (var n = Items.Count - 1; n >= 0; n--)
        {
            if (Items[n].Key is string text && text == key)
                return Items[n].Value;
        }

        return null;
    }
}

/// <summary>Bytes or the like that no state dict needs: passed over, not kept.</summary>
internal sealed class PickleOpaque
{
    public static PickleOpaque Instance { get; } = new();
}

/// <summary>A run of values in the file that tensors are views of.</summary>
internal sealed class TorchStorage(string key, ScalarType type, long count)
{
    public string Key { get; } = key;

    public ScalarType Type { get; } = type;

    /// <summary>In elements of <see cref="Type"/>.</summary>
    public long Count { get; } = count;

    public long ByteCount => Count * TensorStorage.SizeOf(Type);

    /// <summary>The place in the file; negative until it is known.</summary>
    public long Offset { get; set; } = -1;
}

/// <summary>What a storage's persistent identifier stands for: the storage, or (old format only) a part of it.</summary>
internal sealed record TorchStorageView(TorchStorage Storage, long Start, long Count);

/// <summary>A pickled tensor: which values of which storage, in which order.</summary>
/// <param name="Storage">Where its values are.</param>
/// <param name="Type">Their type; the storage's own, unless that one is untyped bytes.</param>
/// <param name="Start">First element, counted in elements of <paramref name="Type"/> from the storage's begin.</param>
/// <param name="Extent">Number of elements from the first to the last in the storage.</param>
/// <param name="Shape">Whole numbers.</param>
/// <param name="Strides">Whole numbers, in elements.</param>
/// <param name="Count">Number of elements of the shape.</param>
internal sealed record TorchTensor(
    TorchStorage Storage, ScalarType Type, long Start, long Extent, object?[] Shape, object?[] Strides, long Count)
{
    public static long[] ToArray(object?[] numbers) => Array.ConvertAll(numbers, n => (long)n!);
}
