using MedSam2.Network.Catalog;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using static TorchSharp.torch;

namespace MedSam2.Server.Tests.FineTuning;

/// <summary>
/// The small embedded network with noise where its mask decoder knew which pixels are the object's: its Dice is about 0, and a few steps of
/// training better it by far.
/// </summary>
internal static class DamagedNano
{
    private const string Damaged = "mask_decoder.output_hypernetworks_mlps";

    /// <summary>Writes it as a model's folder.</summary>
    public static void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(SmallNano.Folder, "config.yaml"), Path.Combine(folder, "config.yaml"));
        using var model = Sam2Weights.Find(SmallNano.Folder).Load();
        using (no_grad())
        using (NewDisposeScope())
        using (var random = new Generator(7))
        {
            foreach (var (name, weights) in model.named_parameters())
            {
                if (name.Contains(Damaged, StringComparison.Ordinal))
                    weights.copy_(randn(weights.shape, generator: random) * weights.std());
            }
        }

        SafetensorsFile.Write(Path.Combine(folder, "weights.safetensors"), model.state_dict());
    }
}
