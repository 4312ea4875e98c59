using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.Server.CommandLine;

namespace MedSam2.Server.Models;

/// <summary><c>models convert</c>: any checkpoint to safetensors, tensor by tensor.</summary>
internal static class ModelConversion
{
    private const string Ending = ".safetensors";

    public static void Run(string file, string? output, bool replace, bool json)
    {
        var source = Directory.Exists(file) ? Sam2Weights.Find(file).Path : file;
        var target = Path.GetFullPath(output ?? Path.ChangeExtension(source, Ending));
        if (target == Path.GetFullPath(source))
            throw new VerbException($"{target} would be written over itself. Name another file with --output.");
        if (!target.EndsWith(Ending, StringComparison.OrdinalIgnoreCase))
            throw new VerbException($"{target}: the output is a {Ending} file and must be named so.");
        if (File.Exists(target) && !replace)
            throw new VerbException($"{target} is there already. Replace it with --force, or name another file with --output.");
        using var checkpoint = Checkpoint.Open(source);
        if (checkpoint.Tensors.Count == 0)
            throw new VerbException($"{source} holds no tensors.");
        SafetensorsFile.Write(target, checkpoint);
        ModelReports.WriteConverted(source, target, checkpoint, json);
    }
}
