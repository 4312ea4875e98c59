using MedSam2.Network.Checkpoints.Safetensors;
using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>A <c>.safetensors</c> file: named tensors and string metadata, no code.</summary>
public sealed class SafetensorsFile : Checkpoint
{
    private readonly CheckpointStream file;
    private readonly Dictionary<string, long> offsets;

    private SafetensorsFile(CheckpointStream file, SafetensorsHeader header)
        : base(file.Path, header.Tensors, header.Metadata)
    {
        this.file = file;
        offsets = header.Offsets;
    }

    /// <exception cref="CheckpointException">The file is missing, damaged, or no safetensors file.</exception>
    public static new SafetensorsFile Open(string path) => Open(CheckpointStream.Open(path));

    /// <summary>Writes tensors and metadata; the file appears whole or not at all, and the same input gives the same bytes.</summary>
    /// <exception cref="CheckpointException">A tensor's type has no name in the format.</exception>
    public static void Write(
        string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var described = new List<CheckpointTensor>(tensors.Count);
        foreach (var (name, tensor) in tensors)
        {
            if (SafetensorsTypes.NameOf(tensor.dtype) is null)
                throw new CheckpointException(path, name, $"values of type {tensor.dtype} cannot be stored (only {SafetensorsTypes.Names})");
            described.Add(new CheckpointTensor(name, tensor.dtype, tensor.shape, tensor.numel() * TensorStorage.SizeOf(tensor.dtype)));
        }

        SafetensorsWriter.Write(path, described, (name, write) => TensorStorage.Write(tensors[name], write), metadata);
    }

    /// <summary>Copies a checkpoint of any format, one tensor in memory at a time.</summary>
    /// <exception cref="CheckpointException">The source cannot be read.</exception>
    public static void Write(string path, Checkpoint source, IReadOnlyDictionary<string, string>? metadata = null)
    {
        SafetensorsWriter.Write(
            path,
            source.Tensors.Values,
            (name, write) =>
            {
                using var tensor = source.Read(name);
                TensorStorage.Write(tensor, write);
            },
            metadata ?? source.Metadata);
    }

    public override void Dispose() => file.Dispose();

    internal static SafetensorsFile Open(CheckpointStream file)
    {
        try
        {
            return new SafetensorsFile(file, SafetensorsHeader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private protected override Tensor ReadValues(CheckpointTensor tensor)
    {
        using var flat = TensorStorage.Read(
            tensor.Type, tensor.ByteCount / TensorStorage.SizeOf(tensor.Type), offsets[tensor.Name], file.ReadExactly);
        return flat.view(tensor.Shape);
    }
}
