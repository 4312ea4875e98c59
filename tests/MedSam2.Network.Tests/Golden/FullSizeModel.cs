using MedSam2.Network.Runtime;
using MedSam2.NetworkTestSupport;
using MedSam2.TestSupport.Formula;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Golden;

/// <summary>A published configuration with formula weights, and the golden picture encoded once for all its tests.</summary>
public abstract class FullSizeModel : IDisposable
{
    private readonly List<Tensor> kept = [];

    protected FullSizeModel(string name)
    {
        Name = name;
        Model = FormulaModel.Create(name, c => c.WithTrackingDefaults());
        Picture = FormulaImage.Still(Model.Configuration.ImageSize);
        using var scope = new InferenceScope();
        var image = FormulaModel.Normalize(Picture, Model.Configuration.ImageSize);
        Image = Keep(image);
        Stages = [.. Model.image_encoder.trunk.forward(image).Select(Keep)];
        Levels = [.. Model.image_encoder.neck.forward(Stages).Select(Keep)];
        Features = Model.ToFeatures(Stages).DetachFromDisposeScope();
    }

    public string Name { get; }

    public Sam2Model Model { get; }

    public byte[] Picture { get; }

    public Tensor Image { get; }

    public IReadOnlyList<Tensor> Stages { get; }

    public IReadOnlyList<Tensor> Levels { get; }

    public ImageFeatures Features { get; }

    public GoldenFile Open(string part) => GoldenFile.Open(Name, part);

    public void Dispose()
    {
        foreach (var tensor in kept)
            tensor.Dispose();
        Features.Dispose();
        Model.Dispose();
        GC.SuppressFinalize(this);
    }

    private Tensor Keep(Tensor tensor)
    {
        kept.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
