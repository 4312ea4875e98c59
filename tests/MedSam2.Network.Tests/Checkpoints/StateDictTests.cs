using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Checkpoints;

public sealed class StateDictTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Matching_weights_fill_parameters_and_buffers_in_the_precision_of_the_module()
    {
        using var module = new Small();
        using var checkpoint = Store(Fitting().ToDictionary(t => t.Key, t => t.Value.to(float16)));

        StateDict.LoadStrict(module, checkpoint);

        Assert.Equal(float32, module.linear.weight!.dtype);
        Assert.True(module.linear.weight.requires_grad);
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], module.linear.weight.data<float>().ToArray());
        Assert.Equal([7f, 8f], module.table.data<float>().ToArray());
    }

    [Fact]
    public void All_that_does_not_fit_is_listed_at_once()
    {
        using var module = new Small();
        var tensors = Fitting();
        tensors.Remove("linear.bias");
        tensors["extra.weight"] = torch.ones(1);
        tensors["linear.weight"] = torch.ones(2, 3);
        tensors["table"] = torch.ones(2, dtype: int64);
        using var checkpoint = Store(tensors);

        var e = Assert.Throws<StateDictException>(() => StateDict.LoadStrict(module, checkpoint));

        Assert.Equal(["linear.bias"], e.Missing);
        Assert.Equal(["extra.weight"], e.Unexpected);
        Assert.Equal(["linear.weight", "table"], e.Mismatched.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Contains("missing (1): 'linear.bias'", e.Message, StringComparison.Ordinal);
        Assert.Contains("unexpected (1): 'extra.weight'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'linear.weight' (Float32 [2, 3] where Float32 [3, 2] is due)", e.Message, StringComparison.Ordinal);
        Assert.Contains("'table' (Int64 [2] where Float32 [2] is due)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void Values_that_are_not_finite_in_the_module_are_refused_and_nothing_is_loaded(double value)
    {
        using var module = new Small();
        var before = module.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
        var tensors = Fitting();
        tensors["table"] = torch.tensor(new[] { 1, value });
        using var checkpoint = Store(tensors);

        var e = Assert.Throws<CheckpointException>(() => StateDict.LoadStrict(module, checkpoint));

        Assert.Equal("table", e.Tensor);
        AssertUnchanged(module, before);
    }

    [Fact]
    public void File_cut_short_after_opening_loads_nothing()
    {
        using var module = new Small();
        var before = module.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
        using var checkpoint = Store(Fitting());
        using (var stream = new FileStream(checkpoint.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(stream.Length - 4);

        Assert.Throws<CheckpointException>(() => StateDict.LoadStrict(module, checkpoint));

        AssertUnchanged(module, before);
    }

    [Fact]
    public void Loading_leaves_no_tensor_behind()
    {
        using var module = new Small();
        using var checkpoint = Store(Fitting());
        StateDict.LoadStrict(module, checkpoint);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        StateDict.LoadStrict(module, checkpoint);

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Dictionary<string, Tensor> Fitting() => new()
    {
        ["linear.weight"] = torch.arange(6, dtype: float32).view(3, 2),
        ["linear.bias"] = torch.ones(3),
        ["table"] = torch.tensor(new float[] { 7, 8 }),
    };

    private static void AssertUnchanged(Small module, Dictionary<string, Tensor> before)
    {
        foreach (var (name, tensor) in module.state_dict())
            Assert.True(tensor.eq(before[name]).all().item<bool>(), name);
    }

    private SafetensorsFile Store(Dictionary<string, Tensor> tensors)
    {
        var path = folder.File("weights.safetensors");
        SafetensorsFile.Write(path, tensors);
        return SafetensorsFile.Open(path);
    }

    private sealed class Small : nn.Module
    {
        public readonly Linear linear = nn.Linear(2, 3);
        public readonly Tensor table = torch.zeros(2);

        public Small()
            : base(nameof(Small))
        {
            RegisterComponents();
        }
    }
}
