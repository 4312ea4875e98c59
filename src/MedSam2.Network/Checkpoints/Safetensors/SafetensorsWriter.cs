using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace MedSam2.Network.Checkpoints.Safetensors;

/// <summary>Lays out and writes a safetensors file.</summary>
internal static class SafetensorsWriter
{
    /// <summary>The data begins at a multiple of this, so that a reader may map it.</summary>
    private const int Alignment = 8;

    public delegate void ValueWriter(string name, TensorStorage.ByteWriter write);

    public static void Write(
        string path, IEnumerable<CheckpointTensor> tensors, ValueWriter writeValues, IReadOnlyDictionary<string, string>? metadata)
    {
        // Widest values first, so that every tensor is aligned to its own type; then by name, so that equal input gives equal bytes.
        var ordered = tensors
            .OrderByDescending(t => TensorStorage.SizeOf(t.Type))
            .ThenBy(t => t.Name, StringComparer.Ordinal)
            .ToArray();
        if (Array.Find(ordered, t => t.Name == SafetensorsHeader.MetadataKey) is { } reserved)
            throw new CheckpointException(path, reserved.Name, "the format keeps this name for itself");
        var header = BuildHeader(ordered, metadata);

        var temporary = $"{path}.{Path.GetRandomFileName()}.part";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                Span<byte> prefix = stackalloc byte[8];
                BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
                stream.Write(prefix);
                stream.Write(header);
                foreach (var tensor in ordered)
                    writeValues(tensor.Name, stream.Write);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (ArgumentOutOfRangeException e) when (e.ParamName == "value")
        {
            // How .NET reports EFBIG, as it comes from a quota on files or from FAT.
            File.Delete(temporary);
            throw new IOException($"{path} would be larger than the file system or a quota allows.", e);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static byte[] BuildHeader(CheckpointTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type));
                WriteIntegers(json, "shape", tensor.Shape);
                WriteIntegers(json, "data_offsets", [offset, offset + tensor.ByteCount]);
                json.WriteEndObject();
                offset += tensor.ByteCount;
            }

            json.WriteEndObject();
        }

        var padding = (Alignment - (buffer.WrittenCount % Alignment)) % Alignment;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, ReadOnlySpan<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
