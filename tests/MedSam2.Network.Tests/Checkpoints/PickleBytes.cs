using System.IO.Compression;
using System.Text;
using MedSam2.TestSupport;

namespace MedSam2.Network.Tests.Checkpoints;

/// <summary>Writes pickles by hand, honest or not, and wraps them as files of torch.save.</summary>
internal sealed class PickleBytes
{
    private readonly List<byte> bytes = [0x80, 2];

    /// <summary>A dict under <c>model</c> with one tensor <c>w</c> of the given description, over a storage <c>0</c> of <paramref name="count"/> floats.</summary>
    public static PickleBytes Model(long start, long[] shape, long[] strides, long count = 4)
    {
        return new PickleBytes().Op("}").Text("model").Op("}").Text("w").Tensor(start, shape, strides, count).Op("ss.");
    }

    public PickleBytes Op(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleBytes Raw(params byte[] raw)
    {
        bytes.AddRange(raw);
        return this;
    }

    public PickleBytes Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Op("X").Raw(BitConverter.GetBytes(utf8.Length)).Raw(utf8);
    }

    public PickleBytes Number(long value) => Raw(0x8a, 8).Raw(BitConverter.GetBytes(value));

    public PickleBytes Numbers(params long[] values)
    {
        Op("(");
        Array.ForEach(values, v => Number(v));
        return Op("t");
    }

    public PickleBytes Storage(string key, long count, string type = "FloatStorage")
    {
        return Op("(").Text("storage").Op($"ctorch\n{type}\n").Text(key).Text("cpu").Number(count).Op("tQ");
    }

    public PickleBytes Tensor(long start, long[] shape, long[] strides, long count, string key = "0")
    {
        return Op("ctorch._utils\n_rebuild_tensor_v2\n(").Storage(key, count)
            .Number(start).Numbers(shape).Numbers(strides).Raw(0x89).Op("N").Op("tR");
    }

    public byte[] ToArray() => [.. bytes];

    /// <summary>As the zip format, with one storage <c>0</c> of the given bytes.</summary>
    public string Zip(TemporaryFolder folder, byte[] storage, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "x/data.pkl", ToArray(), CompressionLevel.NoCompression);
            Add(zip, "x/data/0", storage, level);
            Add(zip, "x/version", "3\n"u8, CompressionLevel.NoCompression);
        }

        return folder.Write("test.pt", stream.ToArray());
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content, CompressionLevel level)
    {
        using var member = zip.CreateEntry(name, level).Open();
        member.Write(content);
    }
}
