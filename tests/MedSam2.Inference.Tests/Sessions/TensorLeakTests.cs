using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using TorchSharp;
using Xunit;

namespace MedSam2.Inference.Tests.Sessions;

public sealed class TensorLeakTests(NanoModel nano) : IClassFixture<NanoModel>
{
    [Theory]
    [InlineData(MemoryBankKind.SelfSorting)]
    [InlineData(MemoryBankKind.Fifo)]
    [InlineData(MemoryBankKind.Threshold)]
    [InlineData(MemoryBankKind.Released2D)]
    public void Session_leaves_no_tensor_behind(MemoryBankKind bank)
    {
        Run(bank); // position tables that the network keeps
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Run(bank);

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(MemoryBankKind.SelfSorting)]
    [InlineData(MemoryBankKind.Fifo)]
    public void Tensors_alive_after_a_propagation_do_not_grow_with_its_slices(MemoryBankKind bank)
    {
        Alive(bank, 3); // position tables that the network keeps

        Assert.Equal(Alive(bank, 68), Alive(bank, 76));
    }

    [Fact]
    public void Several_orientations_leave_no_tensor_behind()
    {
        RunOrientations();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        RunOrientations();

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private long Alive(MemoryBankKind bank, int slices)
    {
        var geometry = new VolumeGeometry(16, 16, slices, Affine.Identity);
        var volume = new Volume(geometry, new Int16Voxels(new short[geometry.VoxelCount]), "CT", new IntensityWindow(0, 255));
        using var session = new VolumeSession(
            nano.Model, volume, new TrackingOptions { Bank = bank, FeatureCacheBytes = 2 << 20, ConfidenceThreshold = 0 });
        session.Prompt(1, new(SliceAxis.K, 0, [], new PromptBox(4, 4, 12, 12)));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        session.Propagate([1], PropagationRange.Whole).Complete();
        return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
    }

    private void RunOrientations()
    {
        using var session = new VolumeSession(nano.Model, BallVolume.CreateSmall());
        session.Prompt(1, BallVolume.Box(new(5, 4, 19, 18), 5));
        session.Prompt(1, new(SliceAxis.J, 11, [new(12, 5)]));
        session.Propagate([1], PropagationRange.Whole with { Orientations = OrientationChoice.Triplanar }).Complete();
        session.Propagate([1], PropagationRange.Whole with { Orientations = OrientationChoice.Triplanar }).Take(3).Complete();
    }

    private void Run(MemoryBankKind bank)
    {
        using var session = new VolumeSession(nano.Model, BallVolume.Create(), new TrackingOptions { Bank = bank, FeatureCacheBytes = 2 << 20 });
        session.Prompt(1, BallVolume.Box(BallVolume.FirstBall));
        session.Prompt(2, new(SliceAxis.K, 4, [new(46, 44)]));
        session.Propagate([1, 2], PropagationRange.Whole).Complete();
        session.Prompt(1, new(SliceAxis.K, 9, [new(22, 24), new(2, 2, false)]));
        session.Prompt(1, new(SliceAxis.K, 9, [new(23, 24)]));
        session.Propagate([1], PropagationRange.Whole).Take(4).Complete();
        session.RemoveObject(2);
    }
}
