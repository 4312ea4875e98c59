using System.Numerics;

namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>
/// The format of <c>torch.save</c> before 1.6: one after another the pickles of a magic number, a protocol number, the writer's
/// sizes, the value, and the list of storage keys; then for each key the number of elements and the values.
/// </summary>
internal static class TorchLegacy
{
    private const long Protocol = 1001;

    private static readonly BigInteger MagicNumber = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    private static ReadOnlySpan<byte> MagicBytes => [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    /// <summary>The magic number's pickle begins with its protocol, and from protocol 4 on with a frame.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start)
    {
        return start.Length > 2 && start[0] == (byte)PickleOpcode.Proto && start[2..].IndexOf(MagicBytes) is 0 or 9;
    }

    /// <summary>The pickled value; every storage it names has its place in the file.</summary>
    public static object? Read(CheckpointStream file)
    {
        var cursor = new PickleCursor(file, 0, file.Length);
        var objects = new TorchObjects();
        var pickles = new PickleReader(objects);
        if (pickles.Read(cursor) is not BigInteger magic || magic != MagicNumber)
            throw new InvalidDataException("the magic number is wrong");
        if (pickles.Read(cursor) is not Protocol)
            throw new InvalidDataException($"the format's version is not {Protocol}, the only one there is");
        if (pickles.Read(cursor) is not PickleDictionary system || system.Find("little_endian") is false)
            throw new InvalidDataException("its values are big-endian, which is not supported: save it again on a little-endian machine");

        var value = pickles.Read(cursor);
        if (pickles.Read(cursor) is not PickleList keys)
            throw new InvalidDataException("the list of storages is missing");
        foreach (var key in keys.Items)
        {
            if (key is not string name || !objects.Storages.TryGetValue(name, out var storage) || storage.Offset >= 0)
                throw new InvalidDataException("the list of storages names one that no tensor uses, or one twice");
            var count = cursor.ReadInt64();
            if (count != storage.Count)
            {
                throw new InvalidDataException(
                    $"the storage {CheckpointException.Quote(name)} has {count} elements where its tensors say {storage.Count}");
            }

            storage.Offset = cursor.Position;
            cursor.Skip(storage.ByteCount);
        }

        if (objects.Storages.Values.FirstOrDefault(s => s.Offset < 0) is { } lost)
            throw new InvalidDataException($"the values of the storage {CheckpointException.Quote(lost.Key)} are missing");
        return value;
    }
}
