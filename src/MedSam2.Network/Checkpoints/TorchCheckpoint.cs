using MedSam2.Network.Checkpoints.Torch;
using static TorchSharp.torch;

namespace MedSam2.Network.Checkpoints;

/// <summary>
/// A file of <c>torch.save</c> (<c>.pt</c>, <c>.pth</c>), in its zip or its older format. The tensors are those under <c>model</c>,
/// or else under <c>state_dict</c>, or else those of the file's own dict; whatever else the file holds is passed over.
/// </summary>
/// <remarks>Its pickle is read as data and never run: see <see cref="PickleReader"/>.</remarks>
internal sealed class TorchCheckpoint : Checkpoint
{
    private static readonly string[] Places = ["model", "state_dict"];

    private readonly CheckpointStream file;
    private readonly Dictionary<string, TorchTensor> stored;

    private TorchCheckpoint(CheckpointStream file, Dictionary<string, TorchTensor> stored, IEnumerable<CheckpointTensor> tensors)
        : base(file.Path, tensors, new Dictionary<string, string>())
    {
        this.file = file;
        this.stored = stored;
    }

    public override void Dispose() => file.Dispose();

    /// <exception cref="InvalidDataException">The file is damaged, or asks for more than tensors.</exception>
    internal static TorchCheckpoint Open(CheckpointStream file, Func<CheckpointStream, object?> read)
    {
        var entries = FindStateDict(read(file) as PickleDictionary).Items;
        var stored = new Dictionary<string, TorchTensor>(StringComparer.Ordinal);
        var tensors = new List<CheckpointTensor>();
        var bytes = 0L;
        foreach (var (key, value) in entries)
        {
            if (value is not TorchTensor tensor)
                continue;
            if (key is not string name)
                throw new InvalidDataException("a tensor's key is not text");
            if (!stored.TryAdd(name, tensor))
                throw new CheckpointException(file.Path, name, "this name occurs twice");
            var size = tensor.Count * TensorStorage.SizeOf(tensor.Type);
            tensors.Add(new CheckpointTensor(name, tensor.Type, TorchTensor.ToArray(tensor.Shape), size));
            bytes += size;
            if (tensors.Count > PickleLimits.MostTensors || bytes / PickleLimits.MostExpansion > file.Length)
            {
                throw new InvalidDataException(
                    $"its tensors share values to the point that they would be more than {PickleLimits.MostExpansion} times the file, "
                    + $"or there are more than {PickleLimits.MostTensors}");
            }
        }

        return new TorchCheckpoint(file, stored, tensors);
    }

    private protected override Tensor ReadValues(CheckpointTensor tensor)
    {
        var source = stored[tensor.Name];
        var place = source.Storage.Offset + (source.Start * TensorStorage.SizeOf(source.Type));
        var strides = TorchTensor.ToArray(source.Strides);
        using var extent = TensorStorage.Read(source.Type, source.Extent, place, file.ReadExactly);
        if (source.Count == source.Extent && IsContiguous(tensor.Shape, strides))
            return extent.view(tensor.Shape);
        using var view = source.Count == 0 ? extent.view(tensor.Shape) : extent.as_strided(tensor.Shape, strides);
        return view.contiguous();
    }

    private static PickleDictionary FindStateDict(PickleDictionary? root)
    {
        foreach (var place in Places)
        {
            if (root?.Find(place) is PickleDictionary inner)
                return inner;
        }

        if (root is not null && root.Items.Any(item => item.Value is TorchTensor))
            return root;
        throw new InvalidDataException("it holds no state dict: neither a dict under 'model' or 'state_dict', nor tensors of its own");
    }

    private static bool IsContiguous(long[] shape, long[] strides)
    {
        var due = 1L;
        for (var n = shape.Length - 1; n >= 0; n--)
        {
            if (shape[n] != 1 && strides[n] != due)
                return false;
            due *= shape[n];
        }

        return true;
    }
}
