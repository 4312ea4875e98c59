using System.IO.Compression;
using MedSam2.Network.Checkpoints;
using MedSam2.TestSupport;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests.Checkpoints;

/// <summary>Whatever a weights file holds, it ends in success or in a CheckpointException, with memory in proportion to the file.</summary>
public sealed class HostileCheckpointTests : IDisposable
{
    private static readonly byte[] FourFloats = new byte[16];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Hand_made_file_without_a_fault_is_accepted()
    {
        var path = PickleBytes.Model(1, [3], [1]).Zip(folder, FourFloats);

        Assert.Null(Attempt(path));
    }

    [Theory]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch._utils", "_rebuild_qtensor")]
    [InlineData("torch.serialization", "load")]
    [InlineData("collections", "OrderedDict.__init__")]
    public void Pickle_that_calls_anything_else_is_refused_by_name(string module, string name)
    {
        var called = new PickleBytes().Op($"c{module}\n{name}\n(").Text("echo oh dear").Op("tR.").Zip(folder, FourFloats);
        Assert.Contains($"'{module}.{name}'", Refuse(called), StringComparison.Ordinal);

        var stacked = new PickleBytes().Text(module).Text(name).Raw(0x93).Op("(").Text("echo oh dear").Op("tR.").Zip(folder, FourFloats);
        Assert.Contains($"'{module}.{name}'", Refuse(stacked), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('i', "Inst")]
    [InlineData('o', "Obj")]
    [InlineData('\u0081', "NewObj")]
    [InlineData('\u0092', "NewObjEx")]
    [InlineData('\u0082', "Ext1")]
    [InlineData('P', "PersId")]
    [InlineData('2', "Dup")]
    [InlineData('\u008b', "Long4")]
    [InlineData('\u0096', "ByteArray8")]
    [InlineData('\u0097', "NextBuffer")]
    [InlineData('V', "Unicode")]
    [InlineData('I', "Int")]
    [InlineData('p', "Put")]
    [InlineData('\u0000', "0x00")]
    public void Operation_that_no_state_dict_needs_is_refused_by_name(char opcode, string name)
    {
        var path = new PickleBytes().Op("}}}").Op($"{opcode}").Op("os\nsystem\n.").Zip(folder, FourFloats);

        Assert.Contains(name, Refuse(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, new long[] { 5 }, new long[] { 1 }, "does not fit")]
    [InlineData(1, new long[] { 4 }, new long[] { 1 }, "does not fit")]
    [InlineData(0, new long[] { 2, 2 }, new long[] { 4, 1 }, "does not fit")]
    [InlineData(0, new long[] { 1L << 40 }, new long[] { 0 }, "does not fit")]
    [InlineData(0, new long[] { 1L << 32, 1L << 32 }, new long[] { 0, 0 }, "does not fit")]
    [InlineData(0, new long[] { 2, 2 }, new long[] { long.MaxValue, long.MaxValue }, "does not fit")]
    [InlineData(long.MaxValue, new long[] { 1 }, new long[] { 1 }, "does not fit")]
    [InlineData(-1, new long[] { 1 }, new long[] { 1 }, "does not fit")]
    [InlineData(0, new long[] { -1 }, new long[] { 1 }, "whole numbers")]
    [InlineData(0, new long[] { 2 }, new long[] { -1 }, "whole numbers")]
    [InlineData(0, new long[] { 2 }, new long[] { 1, 1 }, "1 sizes and 2 strides")]
    public void Tensor_outside_of_its_storage_is_refused(long start, long[] shape, long[] strides, string cause)
    {
        Assert.Contains(cause, Refuse(PickleBytes.Model(start, shape, strides).Zip(folder, FourFloats)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(1L << 60)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Storage_larger_than_its_member_is_refused(long count)
    {
        Assert.Contains("storage '0' says", Refuse(PickleBytes.Model(0, [4], [1], count).Zip(folder, FourFloats)), StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_described_in_two_ways_is_refused()
    {
        var path = new PickleBytes().Storage("0", 4).Storage("0", 2, "DoubleStorage").Op(".").Zip(folder, FourFloats);

        Assert.Contains("in two ways", Refuse(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Storage_without_values_is_refused()
    {
        var path = new PickleBytes().Op("}").Text("w").Tensor(0, [4], [1], 4, key: "../0").Op("s.").Zip(folder, FourFloats);

        Assert.Contains("no member for the storage '../0'", Refuse(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_member_is_refused()
    {
        var path = PickleBytes.Model(0, [1 << 20], [1], 1 << 20).Zip(folder, new byte[4 << 20], CompressionLevel.Optimal);

        Assert.Contains("compressed", Refuse(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_tensors_over_one_storage_are_refused_before_they_outgrow_the_file()
    {
        var pickle = new PickleBytes().Op("}");
        for (var n = 0; n < 200; n++)
            pickle.Text($"{n}").Tensor(0, [100_000], [1], 100_000).Op("s");

        Assert.Contains("16 times the file", Refuse(pickle.Op(".").Zip(folder, new byte[400_000])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X", 0x7fffffff, "longer than")]
    [InlineData("X", 0x000fffff, "announced")]
    [InlineData("X", -1, "longer than")]
    [InlineData("B", 0x7fffffff, "announced")]
    [InlineData("B", -1, "announced")]
    [InlineData("}r", 0x7fffffff, "remembers value number")]
    [InlineData("}r", -1, "remembers value number")]
    [InlineData("}j", 0x7fffffff, "recalls value number")]
    [InlineData("}j", -1, "recalls value number")]
    public void Number_that_lies_allocates_nothing(string opcode, int number, string cause)
    {
        var path = new PickleBytes().Op(opcode).Raw(BitConverter.GetBytes(number)).Op(".").Zip(folder, FourFloats);

        Assert.Contains(cause, Refuse(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("0.")]
    [InlineData("t.")]
    [InlineData("u.")]
    [InlineData("(}s.")]
    [InlineData("}(K\u0001u.")]
    [InlineData("(K\u0001e.")]
    [InlineData("K\u0001K\u0001a.")]
    [InlineData("NR.")]
    [InlineData("N)R.")]
    [InlineData("NQ.")]
    [InlineData("NNb.")]
    [InlineData("ccollections\nOrderedDict\n(NtR.")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n)R.")]
    [InlineData("ctorch\nFloatStorage\n)R.")]
    [InlineData("\u0080\u0009.")]
    [InlineData("\u008a\u00ff.")]
    [InlineData("U\u0001\u00ff.")]
    [InlineData("N.")]
    [InlineData("}.")]
    [InlineData("}")]
    public void Pickle_without_sense_is_refused(string opcodes)
    {
        Refuse(new PickleBytes().Op(opcodes).Zip(folder, FourFloats));
    }

    [Fact]
    public void List_that_holds_itself_is_harmless()
    {
        var path = new PickleBytes().Op("}").Text("l").Op("]q\u0000h\u0000as").Text("w").Tensor(0, [4], [1], 4).Op("s.").Zip(folder, FourFloats);

        Assert.Null(Attempt(path));
    }

    [Fact]
    public void Deep_nesting_needs_no_stack()
    {
        var path = new PickleBytes().Op("}").Text("deep").Op(")").Op(new string('\u0085', 500_000)).Op("s")
            .Text("w").Tensor(0, [4], [1], 4).Op("s.").Zip(folder, FourFloats);

        Assert.Null(Attempt(path));
    }

    [Theory]
    [InlineData("N", "piles up")]
    [InlineData("(", null)]
    [InlineData("N\u0094", "piles up")]
    [InlineData("N\u00940", "remembers")]
    [InlineData("N0", "operations")]
    public void Endless_repetition_is_cut_off(string opcodes, string? cause)
    {
        var repeated = string.Concat(Enumerable.Repeat(opcodes, 2_100_000));
        var path = new PickleBytes().Op(repeated).Zip(folder, FourFloats);

        Assert.Contains(cause ?? "operations", Refuse(path), StringComparison.Ordinal);
    }

    [Fact]
    public void TorchScript_archive_is_refused_by_name()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in (string[])["x/data.pkl", "x/constants.pkl"])
                zip.CreateEntry(name, CompressionLevel.NoCompression);
        }

        Assert.Contains("TorchScript", Refuse(folder.Write("script.pt", stream.ToArray())), StringComparison.Ordinal);
    }

    [Fact]
    public void Zip_archive_of_something_else_is_refused()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            zip.CreateEntry("word/document.xml", CompressionLevel.NoCompression);

        Assert.Contains("no torch checkpoint", Refuse(folder.Write("letter.pt", stream.ToArray())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("odd.pt")]
    [InlineData("odd_legacy.pt")]
    public void File_truncated_anywhere_is_refused(string name)
    {
        var whole = File.ReadAllBytes(RepositoryPaths.Golden("toy", name));

        for (var length = 0; length < whole.Length; length++)
            Refuse(folder.Write("truncated.pt", whole.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("odd.pt", 1)]
    [InlineData("odd_legacy.pt", 2)]
    [InlineData("odd_expected.safetensors", 3)]
    public void Damaged_file_is_read_or_refused_and_nothing_else(string name, int seed)
    {
        var random = new Random(seed);
        var whole = File.ReadAllBytes(RepositoryPaths.Golden("toy", name));
        var (read, refused) = (0, 0);

        for (var n = 0; n < 2_000; n++)
        {
            if (Attempt(folder.Write("damaged.pt", Damage(whole, random))) is null)
                read++;
            else
                refused++;
        }

        // Both happen, or the damage is of no use as a test.
        Assert.InRange(read, 10, 1_990);
        Assert.InRange(refused, 10, 1_990);
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    for (var i = 0; i < length; i++)
                        bytes[at + i] = 0xff;
                    break;
                default:
                    var from = random.Next(bytes.Count - length + 1);
                    for (var i = 0; i < length; i++)
                        bytes[at + i] = whole[Math.Min(from + i, whole.Length - 1)];
                    break;
            }
        }

        return [.. bytes];
    }

    private static string Refuse(string path)
    {
        var e = Attempt(path);
        Assert.NotNull(e);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.InRange(e.Message.Length, path.Length + 10, path.Length + 600);
        return e.Message;
    }

    /// <summary>Opens a file and reads all of it; the exception it is refused with, or null. Anything else fails the test, and so does too much memory.</summary>
    private static CheckpointException? Attempt(string path)
    {
        var size = new FileInfo(path).Length;
        var before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointException? refusal = null;
        var tensorBytes = 0L;
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            tensorBytes = checkpoint.Tensors.Values.Sum(t => t.ByteCount);
            foreach (var name in checkpoint.Tensors.Keys)
            {
                using var scope = NewDisposeScope();
                checkpoint.Read(name);
            }
        }
        catch (CheckpointException e)
        {
            refusal = e;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 100_000 + (80 * size), $"{allocated} bytes of memory for a file of {size}: {refusal?.Message}");
        Assert.True(tensorBytes <= 17 * size, $"{tensorBytes} bytes of tensors in a file of {size}");
        return refusal;
    }
}
