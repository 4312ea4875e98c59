using MedSam2.Inference.Features;
using MedSam2.Network;
using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Inference;

/// <summary>A network with its weights on a device, ready for sessions.</summary>
/// <remarks>
/// Sessions share a model; it must outlive them. They call it one at a time: the caller gives a device one thread.
/// </remarks>
public sealed class SegmentationModel : IDisposable
{
    private SegmentationModel(string name, string sha256, Sam2Model network)
    {
        (Name, Sha256, Network) = (name, sha256, network);
        Features = new FeaturePool(FeatureSpill.Of(network.Device));
        SlicesAtOnce = network.Device.type == DeviceType.CPU ? 1 : 8;
    }

    /// <summary>The name of the model's folder or, for a weights file, of the file.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of the weights file, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    public Sam2Configuration Configuration => Network.Configuration;

    /// <summary>The device as PyTorch names it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public string Device => Network.Device.ToString();

    /// <summary>Number format of parameters and activations.</summary>
    public ModelPrecision Precision => Network.Type switch
    {
        ScalarType.BFloat16 => ModelPrecision.BFloat16,
        ScalarType.Float16 => ModelPrecision.Float16,
        _ => ModelPrecision.Float32,
    };

    /// <summary>Bytes that the encoded slices of all sessions take on the device.</summary>
    public long FeatureBytes => Features.DeviceBytes;

    internal Sam2Model Network { get; }

    internal FeaturePool Features { get; }

    /// <summary>Slices that are encoded together ahead of the tracker: many on a GPU, which one alone does not fill.</summary>
    internal int SlicesAtOnce { get; set; }

    /// <summary>Loads a model from its folder or weights file (see <see cref="Sam2Weights"/>).</summary>
    /// <param name="path">A folder with <c>config.yaml</c> and one weights file, or a weights file.</param>
    /// <param name="device">As PyTorch names it.</param>
    /// <param name="precision">Of the parameters and activations; masks and scores are float32 in any case.</param>
    /// <exception cref="CheckpointException">There is no such model, its weights are damaged, or they do not fit the configuration.</exception>
    /// <exception cref="ConfigurationException">The configuration is not valid.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    public static SegmentationModel Load(string path, string device = "cpu", ModelPrecision precision = ModelPrecision.Float32)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var target = ParseDevice(device);
        var weights = Sam2Weights.Find(path);
        weights = weights with { Configuration = weights.Configuration.WithTrackingDefaults() };
        return new SegmentationModel(weights.Name, weights.Sha256, weights.Load(target, precision switch
        {
            ModelPrecision.Float32 => ScalarType.Float32,
            ModelPrecision.BFloat16 => ScalarType.BFloat16,
            ModelPrecision.Float16 => ScalarType.Float16,
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Unknown precision."),
        }));
    }

    /// <summary>Bounds the encoded slices of all sessions together; the least recently used go first.</summary>
    /// <param name="deviceBytes">On the device.</param>
    /// <param name="hostBytes">In the host's memory, where those of a GPU go first when it has no room for them.</param>
    public void BoundFeatures(long deviceBytes, long hostBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(deviceBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(hostBytes);
        (Features.DeviceCapacity, Features.HostCapacity) = (deviceBytes, hostBytes);
    }

    public void Dispose() => Network.Dispose();

    private static Device ParseDevice(string name)
    {
        var (kind, index) = name.Split(':') switch
        {
            ["cpu"] => (DeviceType.CPU, 0),
            ["cuda"] => (DeviceType.CUDA, 0),
            ["cuda", var number] when byte.TryParse(number, out var n) => (DeviceType.CUDA, n),
            _ => throw new DeviceException($"'{name}' names no device. Use 'cpu', 'cuda' or 'cuda:N'."),
        };
        if (kind == DeviceType.CPU)
            return CPU;
        if (!cuda.is_available())
            throw new DeviceException($"The device '{name}' needs a CUDA build (-p:Accelerator=cuda) and a GPU. Use 'cpu'.");
        return index < cuda.device_count()
            ? new Device(kind, index)
            : throw new DeviceException($"There is no device '{name}': this machine has {cuda.device_count()} GPUs, counted from 0.");
    }
}

/// <summary>Number format of a network's parameters and activations.</summary>
public enum ModelPrecision
{
    /// <summary>What the published results were made with.</summary>
    Float32,

    /// <summary>Half the memory; faster where the processor multiplies it natively.</summary>
    BFloat16,

    /// <summary>Half the memory, for GPUs; very slow on CPUs.</summary>
    Float16,
}
