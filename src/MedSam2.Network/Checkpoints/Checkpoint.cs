using MedSam2.Network.Checkpoints.Torch;
using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>
/// An open weights file: a state dict whose values are read one tensor at a time. The file is untrusted: whatever it holds,
/// opening and reading end in success or in a <see cref="CheckpointException"/>, run no code from it, and allocate no more
/// than a small multiple of its size.
/// </summary>
/// <remarks>Reading is safe from several threads at once.</remarks>
public abstract class Checkpoint : IDisposable
{
    private const int LongestMagic = 32;

    private readonly OrderedDictionary<string, CheckpointTensor> tensors;

    private protected Checkpoint(string path, IEnumerable<CheckpointTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Metadata = metadata;
        this.tensors = new(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (!this.tensors.TryAdd(tensor.Name, tensor))
                throw new CheckpointException(path, tensor.Name, "this name occurs twice");
        }
    }

    public string Path { get; }

    /// <summary>All tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, CheckpointTensor> Tensors => tensors;

    /// <summary>What the file says about itself; empty for <c>.pt</c> files.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a weights file of any known format: torch's zip, torch's older pickle, or else safetensors. The content tells which, not the name.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged, of no known format, or asks for more than tensors.</exception>
    public static Checkpoint Open(string path)
    {
        var file = CheckpointStream.Open(path);
        try
        {
            Span<byte> start = stackalloc byte[(int)Math.Min(file.Length, LongestMagic)];
            file.ReadExactly(0, start);
            if (start.StartsWith(TorchZip.Magic))
                return TorchCheckpoint.Open(file, TorchZip.Read);
            if (TorchLegacy.Recognises(start))
                return TorchCheckpoint.Open(file, TorchLegacy.Read);
            return SafetensorsFile.Open(file);
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is IOException or InvalidDataException)
                throw new CheckpointException(path, e.Message, e);
            throw;
        }
    }

    /// <summary>The values of one tensor as a new contiguous tensor in main memory, in the type they are stored in. The caller owns it.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or its values cannot be read.</exception>
    public Tensor Read(string name)
    {
        if (!tensors.TryGetValue(name, out var tensor))
            throw new CheckpointException(Path, name, "there is no such tensor in this file");
        try
        {
            return ReadValues(tensor);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CheckpointException(Path, name, e.Message, e);
        }
    }

    public abstract void Dispose();

    private protected abstract Tensor ReadValues(CheckpointTensor tensor);
}
