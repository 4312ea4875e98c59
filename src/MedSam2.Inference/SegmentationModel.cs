using System.Security.Cryptography;
using MedSam2.Network;
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
    private static readonly string[] WeightsExtensions = [".safetensors", ".pt", ".pth"];

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

    /// <summary>Loads a model from its folder (one configuration and one weights file) or from its weights file, whose configuration lies beside it.</summary>
    /// <param name="path">A folder with one <c>.yaml</c> file and one <c>.safetensors</c>, <c>.pt</c> or <c>.pth</c> file, or such a weights file.</param>
    /// <param name="device">As PyTorch names it.</param>
    /// <exception cref="FileNotFoundException">There is no such folder or file, or not exactly one configuration or weights file.</exception>
    /// <exception cref="CheckpointException">The weights file is damaged, or does not fit the configuration.</exception>
    /// <exception cref="ConfigurationException">The configuration is no SAM 2 configuration.</exception>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static SegmentationModel Load(string path, string device = "cpu")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var target = ParseDevice(device);
        var isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path))
            throw new FileNotFoundException($"There is no model folder or weights file '{path}'.", path);
        var folder = isFolder ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var weights = isFolder ? OnlyFile(folder, "weights file", WeightsExtensions) : path;
        var configuration = OnlyFile(folder, "configuration", ".yaml", ".yml");

        var network = new Sam2Model(Sam2ConfigurationReader.Read(configuration).WithTrackingDefaults());
        try
        {
            using var checkpoint = Checkpoint.Open(weights);
            StateDict.LoadStrict(network, checkpoint);
            network.eval();
            network.to(target);
            return new SegmentationModel(NameOf(folder, isFolder ? null : weights), HashOf(weights), network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
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

    private static string OnlyFile(string folder, string what, params string[] extensions)
    {
        var files = Directory.EnumerateFiles(folder)
            .Where(f => extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToArray();
        return files.Length == 1
            ? files[0]
            : throw new FileNotFoundException(
                $"A model folder holds exactly one {what} ({string.Join(", ", extensions)}), but '{folder}' holds {files.Length}.", folder);
    }

    private static string NameOf(string folder, string? weights) =>
        weights is null ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) : Path.GetFileNameWithoutExtension(weights);

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
