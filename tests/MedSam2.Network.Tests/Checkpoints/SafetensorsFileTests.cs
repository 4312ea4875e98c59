using System.Text;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Golden_file_reads_with_names_shapes_and_values()
    {
        using var file = SafetensorsFile.Open(RepositoryPaths.Golden("toy", "toy.safetensors"));

        var weight = file.Read("image_encoder.trunk.blocks.0.norm1.weight");

        Assert.Equal([8, 3, 7, 7], file.Tensors["image_encoder.trunk.patch_embed.proj.weight"].Shape);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([8], weight.shape);
        Assert.Equal(0.970848978f, weight[0].item<float>());
    }

    [Fact]
    public void Every_golden_file_opens()
    {
        foreach (var path in Directory.EnumerateFiles(RepositoryPaths.Golden(), "*.safetensors", SearchOption.AllDirectories))
        {
            using var file = SafetensorsFile.Open(path);
            Assert.NotEmpty(file.Tensors);
        }
    }

    [Fact]
    public void Every_type_and_shape_survives_writing_and_reading()
    {
        ScalarType[] types =
        [
            float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, torch.@bool,
        ];
        var tensors = types.ToDictionary(t => $"{t}", t => torch.tensor(new float[] { 0, 1, 1, 0, 1, 0 }).reshape(2, 3).to(t));
        tensors["scalar"] = torch.tensor(2.5f);
        tensors["empty"] = torch.empty(0, 4);
        tensors["view"] = torch.arange(12, dtype: float32).view(3, 4).t();
        tensors["naïve \"name\"\n"] = torch.ones(1);
        var path = folder.File("all.safetensors");

        SafetensorsFile.Write(path, tensors, new Dictionary<string, string> { ["made by"] = "a test" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal("a test", file.Metadata["made by"]);
        Assert.Equal(tensors.Count, file.Tensors.Count);
        foreach (var (name, expected) in tensors)
        {
            var actual = file.Read(name);
            Assert.Equal(expected.dtype, actual.dtype);
            Assert.Equal(expected.shape, actual.shape);
            Assert.True(actual.is_contiguous());
            Assert.True(actual.eq(expected).all().item<bool>(), name);
        }
    }

    [Fact]
    public void Tensors_larger_than_a_block_survive()
    {
        var values = torch.arange((16 << 20) + 5, dtype: int32);
        var path = folder.File("large.safetensors");

        SafetensorsFile.Write(path, new Dictionary<string, Tensor> { ["a"] = values });

        using var file = SafetensorsFile.Open(path);
        Assert.True(file.Read("a").eq(values).all().item<bool>());
    }

    [Fact]
    public void Same_tensors_in_another_order_give_the_same_bytes()
    {
        var (a, b) = (torch.ones(3), torch.zeros(2, dtype: int64));

        SafetensorsFile.Write(folder.File("1"), new Dictionary<string, Tensor> { ["a"] = a, ["b"] = b });
        SafetensorsFile.Write(folder.File("2"), new Dictionary<string, Tensor> { ["b"] = b, ["a"] = a });

        Assert.Equal(File.ReadAllBytes(folder.File("1")), File.ReadAllBytes(folder.File("2")));
    }

    [Fact]
    public void Writing_that_fails_leaves_the_old_file_and_no_other()
    {
        var path = folder.Write("weights.safetensors", "old"u8);

        Assert.Throws<CheckpointException>(() => SafetensorsFile.Write(
            path, new Dictionary<string, Tensor> { ["a"] = torch.zeros(2, dtype: complex64) }));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.Write(
            path, new Dictionary<string, Tensor> { ["__metadata__"] = torch.zeros(2) }));
        using var gone = torch.zeros(2);
        gone.Dispose();
        Assert.ThrowsAny<Exception>(() => SafetensorsFile.Write(path, new Dictionary<string, Tensor> { ["a"] = gone }));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Missing_tensor_is_named()
    {
        using var file = SafetensorsFile.Open(Make("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));

        var e = Assert.Throws<CheckpointException>(() => file.Read("b"));

        Assert.Equal("b", e.Tensor);
        Assert.Contains(file.Path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_named()
    {
        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(folder.File("none.safetensors")));

        Assert.Contains("none.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(57)]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue)]
    public void Length_that_lies_is_refused(ulong length)
    {
        var bytes = new byte[64];
        BitConverter.TryWriteBytes(bytes, length);

        var e = Refuse(folder.Write("lie.safetensors", bytes));

        Assert.Contains($"{length} bytes", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}}""", "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""", "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the file holds 16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}""", "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}""", "need 16 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}""", "need 16 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0]}}""", "missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4]}}""", "missing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"shape":[4],"data_offsets":[0,16]}}""", "shape occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""", "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", "too large")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,16]}}""", "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"C64","shape":[2],"data_offsets":[0,16]}}""", "'C64' are not supported")]
    [InlineData("""{"a":{"dtype":["F32"],"shape":[4],"data_offsets":[0,16]}}""", "not valid")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"x":[[[[[1]]]]]}}""", "not valid")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", "not valid")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "not valid")]
    [InlineData("""{} {}""", "not valid")]
    [InlineData("""[]""", "does not begin with an object")]
    [InlineData("""{"a":""", "not valid")]
    [InlineData("""{"a":{"dtype":"F32" """, "not valid")]
    public void Header_that_lies_is_refused_with_its_cause(string json, string cause)
    {
        var e = Refuse(Make(json, 16));

        Assert.Contains(cause, e.Message, StringComparison.Ordinal);
        Assert.Contains("test.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shape_of_very_many_dimensions_is_refused()
    {
        var shape = string.Join(',', Enumerable.Repeat(1, 1000));
        var e = Refuse(Make("""{"a":{"dtype":"F32","shape":[""" + shape + """],"data_offsets":[0,4]}}""", 4));

        Assert.Contains("more than 32", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Boolean_that_is_neither_0_nor_1_is_refused()
    {
        var path = Make("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 1, fill: 7);
        using var file = SafetensorsFile.Open(path);

        Assert.Throws<CheckpointException>(() => file.Read("a"));
    }

    [Fact]
    public void File_cut_short_while_open_is_an_error_and_no_crash()
    {
        var path = folder.File("cut.safetensors");
        File.Copy(RepositoryPaths.Golden("toy", "odd_expected.safetensors"), path);
        using var file = SafetensorsFile.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(800);

        Assert.Throws<CheckpointException>(() => file.Read("bool"));
    }

    [Fact]
    public void File_truncated_anywhere_is_refused()
    {
        var whole = File.ReadAllBytes(RepositoryPaths.Golden("toy", "odd_expected.safetensors"));

        for (var length = 0; length < whole.Length; length++)
            Refuse(folder.Write("truncated.safetensors", whole.AsSpan(0, length)));
    }

    private static CheckpointException Refuse(string path)
    {
        var size = new FileInfo(path).Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path).Dispose());
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < 50_000 + (20 * size), $"{allocated} bytes for a file of {size}: {e.Message}");
        return e;
    }

    private string Make(string json, int dataBytes, byte fill = 0)
    {
        var head = Encoding.UTF8.GetBytes(json);
        var data = new byte[dataBytes];
        data.AsSpan().Fill(fill);
        return folder.Write("test.safetensors", [.. BitConverter.GetBytes((ulong)head.Length), .. head, .. data]);
    }
}
