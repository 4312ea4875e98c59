using System.Text.Json;
using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints.Safetensors;

/// <summary>
/// The JSON head of a safetensors file: an 8-byte little-endian length, then one object that maps each tensor's name to its type,
/// shape and byte range within the data that follows. Ranges must fill the data without gap or overlap, as the format demands.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own bound for the head.</summary>
    public const int MostBytes = 100_000_000;

    public const string MetadataKey = "__metadata__";

    /// <summary>The head's object, a tensor's object, and its lists; nothing in the format is deeper.</summary>
    private const int DeepestNesting = 4;

    private readonly string path;
    private readonly List<(CheckpointTensor Tensor, long Begin, long End)> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path)
    {
        this.path = path;
    }

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    public IEnumerable<CheckpointTensor> Tensors => entries.Select(e => e.Tensor);

    /// <summary>Where each tensor's values begin in the file.</summary>
    public Dictionary<string, long> Offsets { get; } = new(StringComparer.Ordinal);

    public static SafetensorsHeader Read(CheckpointStream file)
    {
        var header = new SafetensorsHeader(file.Path);
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < prefix.Length)
            throw new CheckpointException(file.Path, $"with {file.Length} bytes the file is too short for a weights file");
        file.ReadExactly(0, prefix);
        var length = BitConverter.ToUInt64(prefix);
        var most = (ulong)Math.Min(file.Length - prefix.Length, MostBytes);
        if (length < 2 || length > most)
        {
            throw new CheckpointException(
                file.Path,
                $"this is neither a file of torch.save nor a safetensors file: as safetensors its head would have {length} bytes, where 2 to {most} are possible");
        }

        var json = new byte[length];
        file.ReadExactly(prefix.Length, json);
        try
        {
            header.Parse(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(file.Path, $"the safetensors head is not valid ({e.Message})", e);
        }

        header.Place(prefix.Length + json.Length, file.Length);
        return header;
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DeepestNesting });
        if (json[0] != (byte)'{' || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("it does not begin with an object");
        var hasMetadata = false;
        while (ReadName(ref reader) is { } name)
        {
            if (name != MetadataKey)
            {
                ReadTensor(ref reader, name);
                continue;
            }

            if (hasMetadata)
                throw new JsonException($"{MetadataKey} occurs twice");
            hasMetadata = true;
            ReadMetadata(ref reader);
        }

        if (reader.Read())
            throw new JsonException("something follows its object");
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (ReadName(ref reader) is { } key)
        {
            Expect(ref reader, JsonTokenType.String);
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw new JsonException($"the metadata key {CheckpointException.Quote(key)} occurs twice");
        }
    }

    private void ReadTensor(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        string? typeName = null;
        long[]? shape = null;
        long[]? range = null;
        while (ReadName(ref reader) is { } field)
        {
            switch (field)
            {
                case "dtype" when typeName is null:
                    Expect(ref reader, JsonTokenType.String);
                    typeName = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, name, "shape", TensorStorage.MostDimensions);
                    break;
                case "data_offsets" when range is null:
                    range = ReadIntegers(ref reader, name, "data_offsets", 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw new CheckpointException(path, name, $"{field} occurs twice");
                default:
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if (typeName is null || shape is null || range is not { Length: 2 })
            throw new CheckpointException(path, name, "dtype, shape or the two data_offsets are missing");
        if (SafetensorsTypes.Find(typeName) is not { } type)
        {
            throw new CheckpointException(
                path, name, $"values of type {CheckpointException.Quote(typeName)} are not supported (only {SafetensorsTypes.Names})");
        }

        Add(name, type, shape, range[0], range[1]);
    }

    private void Add(string name, ScalarType type, long[] shape, long begin, long end)
    {
        var size = TensorStorage.SizeOf(type);
        if (!TensorStorage.TryCount(shape, out var count) || count > long.MaxValue / size)
            throw new CheckpointException(path, name, $"the shape [{string.Join(", ", shape)}] is too large for any file");
        if (begin > end || end - begin != count * size)
        {
            throw new CheckpointException(
                path, name, $"{type} values of shape [{string.Join(", ", shape)}] need {count * size} bytes, but the byte range is {begin} to {end}");
        }

        entries.Add((new CheckpointTensor(name, type, shape, count * size), begin, end));
    }

    /// <summary>Turns ranges within the data into places in the file, and checks that they fill it.</summary>
    private void Place(long dataStart, long fileLength)
    {
        var available = fileLength - dataStart;
        var next = 0L;
        foreach (var (tensor, begin, end) in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (end > available)
            {
                throw new CheckpointException(
                    path, tensor.Name, $"its values end at byte {end} of the data, but the file holds {available}: it is cut short or damaged");
            }

            if (begin != next)
                throw new CheckpointException(path, tensor.Name, $"its values begin at byte {begin} of the data, where byte {next} is due: a gap or an overlap");
            next = end;
            if (!Offsets.TryAdd(tensor.Name, dataStart + begin))
                throw new CheckpointException(path, tensor.Name, "this name occurs twice");
        }

        if (next != available)
            throw new CheckpointException(path, $"the tensors end at byte {next} of the data, but the file holds {available}");
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, string tensor, string field, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
                throw new CheckpointException(path, tensor, $"{field} holds something other than whole numbers from 0 to 2^63 - 1");
            if (values.Count == most)
                throw new CheckpointException(path, tensor, $"{field} has more than {most} numbers");
            values.Add(value);
        }

        return [.. values];
    }

    /// <summary>The next key of an object, or null at its end.</summary>
    private static string? ReadName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        if (reader.TokenType != type)
            throw new JsonException($"{reader.TokenType} at byte {reader.TokenStartIndex}, where {type} is due");
    }
}
