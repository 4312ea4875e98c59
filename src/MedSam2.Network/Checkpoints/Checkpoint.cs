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
