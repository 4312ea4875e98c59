using System.IO.Compression;
using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests.Formats;

/// <summary>Files changed at random: each is read or refused by name, within memory that the file's size bounds.</summary>
public class MutationTests
{
    private const int Rounds = 4000;
    private const long AllowedBytes = 8 << 20;

    private static readonly Dictionary<string, Func<byte[]>> Seeds = new()
    {
        ["nifti"] = () => WriteTests.Written(stream => NiftiFile.Write(stream, Sample(), compress: false)).ToArray(),
        ["nifti gzip"] = () => WriteTests.Written(stream => NiftiFile.Write(stream, Sample(), compress: true)).ToArray(),
        ["nrrd raw"] = () => WriteTests.Written(stream => NrrdFile.Write(stream, Sample(), NrrdEncoding.Raw)).ToArray(),
        ["nrrd gzip"] = () => WriteTests.Written(stream => NrrdFile.Write(stream, Sample())).ToArray(),
        ["nrrd ascii"] = () => Text("ascii", string.Join(' ', WriteTests.Values())),
        ["nrrd hex"] = () => Text("hex", Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(WriteTests.Values().AsSpan()))),
        ["nrrd bzip2"] = () => [.. Text("bzip2", ""), .. Bzip2Sample()],
    };

    /// <summary>bzip2 of 210 bytes: 105 little-endian 16-bit values n * n % 251.</summary>
    private static byte[] Bzip2Sample() => Convert.FromBase64String("QlpoOTFBWSZTWe6p4ngAAAD//+6m5qyNomgUXDDjbQaVej4IBUpMJCGOAxcm6TMoImggIAB0MgAAAAAAAAAAA0AGgGmGo0ep5Q4AAGhoaGg0DIyNGgAAMmjQAGIGIBysVErkjmQhmxxqQyCgqXFCw3+JNDnMy7ttE0w6hP7dbBCdLx8IJw+0g18aBl8CHH1pwBF+J8lFlbCf2oBxZYhg+HB6dfZvk/6Aw0/2FAYhiCMYxEEEIiEX8XckU4UJDuqeJ4A=");

    public static TheoryData<string> SeedNames => [.. Seeds.Keys];

    [Theory]
    [MemberData(nameof(SeedNames))]
    public void Sound_seed_is_read(string name)
    {
        Assert.Equal(105, ImageFile.ReadVolume(new MemoryStream(Seeds[name]())).Voxels.Count);
    }

    [Fact]
    public void Bzip2_gives_the_values_that_were_packed()
    {
        var volume = ImageFile.ReadVolume(new MemoryStream(Seeds["nrrd bzip2"]()));

        Assert.All(Enumerable.Range(0, 105), n => Assert.Equal(n * n % 251, volume.Voxels[n]));
    }

    [Theory]
    [MemberData(nameof(SeedNames))]
    public void Changed_file_is_read_or_refused_by_name_within_bounded_memory(string name)
    {
        var seed = Seeds[name]();
        var random = new Random(20240917);
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var file = Mutate(seed, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                if (round % 2 == 0)
                    Assert.True(ImageFile.ReadVolume(new MemoryStream(file)).Voxels.Count > 0);
                else
                    ImageFile.ReadLabelMap(new MemoryStream(file));
            }
            catch (ImageFormatException e)
            {
                refused++;
                Assert.InRange(e.Message.Length, 20, 400);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
        }

        Assert.InRange(refused, Rounds / 2, Rounds);
    }

    [Fact]
    public void Gzip_that_expands_beyond_the_limit_is_refused_without_holding_it()
    {
        var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(WriteTests.Written(stream => NiftiFile.Write(stream, Sample(), compress: false)).ToArray().AsSpan(0, 352));
            var zeros = new byte[1 << 20];
            for (var n = 0; n < 64; n++)
                gzip.Write(zeros);
        }

        bomb.Position = 0;
        var limits = new FormatLimits { MaxVoxels = 100 };

        var error = Assert.Throws<ImageFormatException>(() => NiftiFile.ReadVolume(bomb, limits));

        Assert.Contains("100 in all", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = (byte[])seed.Clone();
        switch (random.Next(6))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                var (from, length) = (random.Next(bytes.Length), random.Next(1, 40));
                return [.. bytes[..from], .. bytes[Math.Max(0, from - length)..from], .. bytes[from..]];
            case 2:
                byte[] extremes = [0x00, 0x7F, 0x80, 0xFF];
                Array.Fill(bytes, extremes[random.Next(4)], Math.Min(random.Next(400), bytes.Length - 9), random.Next(1, 9));
                return bytes;
            case 3:
                var digit = Array.FindIndex(bytes, random.Next(Math.Min(300, bytes.Length)), value => value is >= (byte)'0' and <= (byte)'9');
                return digit < 0 ? bytes : [.. bytes[..digit], .. "-99999999999"u8[random.Next(12)..], .. bytes[digit..]];
            default:
                for (var n = random.Next(1, 12); n > 0; n--)
                    bytes[random.Next(Math.Min(bytes.Length, 420))] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }

    private static Volume Sample() => new(WriteTests.Grid("oblique"), new Int16Voxels(WriteTests.Values()));

    private static byte[] Text(string encoding, string data) => System.Text.Encoding.ASCII.GetBytes(
        $"NRRD0005\ntype: int16\ndimension: 3\nspace: RAS\nsizes: 7 5 3\nspace directions: (1,0,0) (0,1,0) (0,0,2)\nendian: little\nencoding: {encoding}\na:=b\n\n{data}");
}
