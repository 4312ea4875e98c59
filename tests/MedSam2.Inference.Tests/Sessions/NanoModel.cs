using MedSam2.TestSupport;

namespace MedSam2.Inference.Tests.Sessions;

/// <summary>The embedded model on small slices, loaded once for the tests of a class.</summary>
public sealed class NanoModel : IDisposable
{
    public SegmentationModel Model { get; } = SegmentationModel.Load(SmallNano.Folder);

    public void Dispose() => Model.Dispose();
}
