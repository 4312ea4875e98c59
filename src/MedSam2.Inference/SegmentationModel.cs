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
    }

    /// <summary>The name of the model's folder or, for a weights file of another name, of the file.</summary>
    public string Name { get; }

    /// <summary>SHA-256 of the weights file, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    public Sam2Configuration Configuration => Network.Configuration;

    /// <summary>The device as PyTorch names it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public string Device => Network.Device.ToString();

    internal Sam2Model Network { get; }

    /// <summary>Loads a model from its folder or its weights file; <see cref="Sam2Weights"/> says which configuration it gets.</summary>
    /// <param name="path">A weights file (<c>.safetensors</c>, <c>.pt</c>, <c>.pth</c>), or a folder that holds one.</param>
    /// <param name="device">As PyTorch names it.</param>
    /// <exception cref="CheckpointException">There is no such file, it is damaged, or it does not fit the configuration.</exception>
    /// <exception cref="ConfigurationException">The configuration is no SAM 2 configuration.</exception>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static SegmentationModel Load(string path, string device = "cpu")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var target = ParseDevice(device);
        var weights = Sam2Weights.Find(path);
        weights = weights with { Configuration = weights.Configuration.WithTrackingDefaults() };
        return new SegmentationModel(weights.Name, weights.Sha256, weights.Load(target));
    }

    public void Dispose() => Network.Dispose();

    private static Device ParseDevice(string device)
    {
        try
        {
            var target = torch.device(device);
            if (target.type == DeviceType.CUDA && !cuda.is_available())
                throw new ArgumentException($"The device '{device}' was asked for, but this build or machine has no CUDA. Use 'cpu'.", nameof(device));
            return target;
        }
        catch (Exception e) when (e is not ArgumentException { ParamName: nameof(device) })
        {
            throw new ArgumentException($"'{device}' names no device. Use 'cpu', 'cuda' or 'cuda:N'.", nameof(device), e);
        }
    }
}
