using System.Security.Cryptography;
using MedSam2.Network.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace MedSam2.Network.Catalog;

/// <summary>
/// A model as it lies on disk: weights and the configuration they were made with. Given by a weights file, or by the folder that
/// holds one and no other of its kind.
/// </summary>
/// <remarks>
/// The configuration is, in this order: the YAML of the same name beside it, <c>config.yaml</c> beside it, or the known
/// one that its shapes tell (<see cref="KnownModel.Recognise"/>).
/// </remarks>
/// <param name="Name">Of the folder, or of the file without its ending.</param>
/// <param name="Path">The weights file.</param>
/// <param name="Configuration">What to build.</param>
/// <param name="ConfigurationSource">Where that came from: a path, or the name of a known model.</param>
/// <param name="Sha256">Of the weights file, 64 lower-case hexadecimal digits.</param>
public sealed record Sam2Weights(string Name, string Path, Sam2Configuration Configuration, string ConfigurationSource, string Sha256)
{
    private const string ConfigurationName = "config.yaml";

    private static readonly string[] Endings = [".safetensors", ".pt", ".pth"];

    /// <param name="path">A folder or a weights file.</param>
    /// <exception cref="CheckpointException">There is no such model, its weights are damaged, or which network they belong to cannot be told.</exception>
    /// <exception cref="ConfigurationException">The configuration is not valid.</exception>
    public static Sam2Weights Find(string path)
    {
        var file = Directory.Exists(path) ? FindInFolder(path) : path;
        using var checkpoint = Checkpoint.Open(file);
        var (configuration, source) = FindConfiguration(checkpoint);
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        if (file != path)
            name = new DirectoryInfo(path).Name;
        return new Sam2Weights(name, file, configuration, source, Hash(file));
    }

    /// <summary>Builds the network and fills it; ready for inference.</summary>
    /// <param name="device">Null: the CPU.</param>
    /// <param name="type">Precision of the parameters.</param>
    /// <exception cref="CheckpointException">The weights do not fit the configuration, or cannot be read.</exception>
    public Sam2Model Load(Device? device = null, ScalarType type = ScalarType.Float32)
    {
        using var checkpoint = Checkpoint.Open(Path);
        var model = new Sam2Model(Configuration);
        try
        {
            StateDict.LoadStrict(model, checkpoint);
            model.eval();
            model.to(type);
            model.to(device ?? CPU);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string FindInFolder(string folder)
    {
        foreach (var ending in Endings)
        {
            var files = Directory.GetFiles(folder, "*" + ending);
            if (files.Length == 1)
                return files[0];
            if (files.Length > 1)
                throw new CheckpointException(folder, $"the folder holds {files.Length} {ending} files: name the one that is meant");
        }

        throw new CheckpointException(folder, $"the folder holds no weights ({string.Join(", ", Endings)})");
    }

    private static (Sam2Configuration Configuration, string Source) FindConfiguration(Checkpoint checkpoint)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(checkpoint.Path))!;
        string[] candidates =
        [
            System.IO.Path.Combine(folder, System.IO.Path.GetFileNameWithoutExtension(checkpoint.Path) + ".yaml"),
            System.IO.Path.Combine(folder, ConfigurationName),
        ];
        if (Array.Find(candidates, File.Exists) is { } beside)
            return (Sam2ConfigurationReader.Read(beside), beside);
        var known = KnownModel.Recognise(checkpoint);
        return (known.Configuration, known.Name);
    }

    private static string Hash(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (IOException e)
        {
            throw new CheckpointException(file, $"the file cannot be read ({e.Message})", e);
        }
    }
}
