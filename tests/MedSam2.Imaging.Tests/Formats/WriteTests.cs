using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using Xunit;

namespace MedSam2.Imaging.Tests.Formats;

public class WriteTests
{
    private const int Columns = 7, Rows = 5, Slices = 3;

    public static TheoryData<string> Grids => [.. SampleGrids.Keys];

    private static readonly Dictionary<string, Affine> SampleGrids = new()
    {
        ["axial"] = new(new(0.7, 0, 0), new(0, 0.8, 0), new(0, 0, 5), new(-180, -200, 33)),
        ["feet first"] = new(new(-0.7, 0, 0), new(0, 0.8, 0), new(0, 0, -5), new(180, -200, 33)),
        ["left-handed"] = new(new(0.7, 0, 0), new(0, 0.8, 0), new(0, 0, -5), new(-180, -200, 33)),
        ["coronal"] = new(new(0.7, 0, 0), new(0, 0, -0.8), new(0, 2, 0), new(1, 2, 3)),
        ["sagittal"] = new(new(0, 0.7, 0), new(0, 0, -0.8), new(-2, 0, 0), new(1, 2, 3)),
        ["half turn about x"] = new(new(1, 0, 0), new(0, -1, 0), new(0, 0, -1), Vector3D.Zero),
        ["half turn about z"] = new(new(-1, 0, 0), new(0, -1, 0), new(0, 0, 1), Vector3D.Zero),
        ["oblique"] = Oblique(0.4, -0.9, 0.2),
        ["oblique beyond a half turn"] = Oblique(2.9, 0.3, -2.4),
    };

    [Theory]
    [MemberData(nameof(Grids))]
    public void Volume_and_frame_survive_every_format(string name)
    {
        var volume = new Volume(Grid(name), new Int16Voxels(Values(), 0.5f, -100));

        foreach (var write in new Action<Stream>[]
                 {
                     stream => NiftiFile.Write(stream, volume, compress: false),
                     stream => NiftiFile.Write(stream, volume, compress: true),
                     stream => NrrdFile.Write(stream, volume, NrrdEncoding.Raw),
                     stream => NrrdFile.Write(stream, volume),
                 })
        {
            var read = ImageFile.ReadVolume(Written(write));

            VolumeAssert.Same(volume.Geometry, read.Geometry);
            VolumeAssert.Same(volume.Voxels, read.Voxels);
        }
    }

    [Theory]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.UInt16)]
    [InlineData(ElementType.Int16)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.Float32)]
    public void Labels_survive_every_type_and_format(ElementType type)
    {
        var labels = new LabelMap(Grid("oblique"), [.. Values().Select(value => (byte)value)]);

        foreach (var write in new Action<Stream>[]
                 {
                     stream => NiftiFile.Write(stream, labels, compress: true, type),
                     stream => NrrdFile.Write(stream, labels, NrrdEncoding.Raw, type),
                     stream => NrrdFile.Write(stream, labels, NrrdEncoding.Gzip, type),
                 })
        {
            var read = ImageFile.ReadLabelMap(Written(write));

            VolumeAssert.Same(labels.Geometry, read.Geometry);
            Assert.Equal(labels.Labels, read.Labels);
        }
    }

    [Fact]
    public void Sform_qform_and_values_are_what_nibabel_reads_back()
    {
        var folder = Directory.CreateTempSubdirectory("nifti-write");
        try
        {
            var volumes = SampleGrids.Keys.Select(name => new Volume(Grid(name), new Float32Voxels([.. Values().Select(value => value / 3f)]))).ToArray();
            var paths = volumes.Select((volume, n) =>
            {
                var path = Path.Combine(folder.FullName, $"{n}.nii.gz");
                NiftiFile.Write(path, volume);
                return path;
            }).ToArray();

            // Half of the copies lose their sform, so that nibabel takes the qform.
            var withoutSForm = paths.Select(path => WithoutSForm(path)).ToArray();

            foreach (var (truth, n) in NibabelTruth.Read([.. paths, .. withoutSForm]).Select((truth, n) => (truth, n)))
            {
                VolumeAssert.Same(truth.Geometry, volumes[n % volumes.Length].Geometry, 1e-3);
                VolumeAssert.Same(truth.Values, volumes[n % volumes.Length].Voxels, $"grid {n}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Nrrd_header_is_what_viewers_read()
    {
        var labels = new LabelMap(new VolumeGeometry(2, 1, 1, SampleGrids["axial"]), [1, 2]);

        var bytes = Written(stream => NrrdFile.Write(stream, labels, NrrdEncoding.Raw, keyValues: [new("Segment0_Name", "liver\nleft\\right")])).ToArray();

        var expected = """
            NRRD0004
            type: unsigned char
            dimension: 3
            space: left-posterior-superior
            sizes: 2 1 1
            space directions: (0.7,0,0) (0,0.8,0) (0,0,5)
            kinds: domain domain domain
            endian: little
            encoding: raw
            space origin: (-180,-200,33)
            Segment0_Name:=liver\nleft\\right


            """.ReplaceLineEndings("\n");
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(bytes)[..^2]);
        Assert.Equal([1, 2], bytes[^2..]);
        Assert.Equal("liver\nleft\\right", NrrdFile.ReadHeader(new MemoryStream(bytes)).KeyValues["Segment0_Name"]);
    }

    [Fact]
    public void Unsigned_values_beyond_the_signed_range_keep_their_value()
    {
        var raw = "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 3 1 1\nspacings: 1 2 3\nendian: big\nencoding: hex\n\n0000 8000 FFFF"u8.ToArray();

        var volume = NrrdFile.ReadVolume(new MemoryStream(raw));

        Assert.Equal([0f, 32768f, 65535f], [volume[0, 0, 0], volume[1, 0, 0], volume[2, 0, 0]]);
        Assert.IsType<Int16Voxels>(volume.Voxels);
        Assert.Equal(new(1, 2, 3), volume.Geometry.Spacing);
    }

    [Theory]
    [InlineData("left-posterior-superior", 1, 1)]
    [InlineData("RAS", -1, -1)]
    [InlineData("left-anterior-superior", 1, -1)]
    public void Space_of_an_nrrd_is_turned_into_lps(string space, int x, int y)
    {
        var text = $"NRRD0005\ntype: uint8\ndimension: 3\nspace: {space}\nsizes: 1 1 1\nspace directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (10,20,30)\nencoding: ascii\n\n7";

        var volume = NrrdFile.ReadVolume(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text)));

        Assert.Equal(new Affine(new(2 * x, 0, 0), new(0, 3 * y, 0), new(0, 0, 4), new(10 * x, 20 * y, 30)), volume.Geometry.IjkToLps);
        Assert.Equal(7, volume[0, 0, 0]);
    }

    [Theory]
    [InlineData("../secret.raw")]
    [InlineData("/etc/hostname")]
    [InlineData("..")]
    [InlineData("sub\\secret.raw")]
    [InlineData("C:secret.raw")]
    public void Data_file_outside_the_headers_folder_is_refused(string name)
    {
        var folder = Directory.CreateTempSubdirectory("nrrd-detached");
        try
        {
            var path = Path.Combine(folder.FullName, "a.nhdr");
            File.WriteAllText(path, $"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 1 1 1\nencoding: raw\ndata file: {name}\n");

            var error = Assert.Throws<ImageFormatException>(() => NrrdFile.ReadVolume(path));

            Assert.Contains("own folder", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(name.Length > 2 ? name : "secret", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    internal static MemoryStream Written(Action<Stream> write)
    {
        var stream = new MemoryStream();
        write(stream);
        stream.Position = 0;
        return stream;
    }

    internal static VolumeGeometry Grid(string name) => new(Columns, Rows, Slices, SampleGrids[name]);

    internal static short[] Values()
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, Columns * Rows * Slices).Select(_ => (short)random.Next(-2000, 3000))];
    }

    private static string WithoutSForm(string path)
    {
        const int sformCode = 254;
        using var packed = new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress);
        var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        bytes.GetBuffer()[sformCode] = 0;
        var plain = path.Replace(".nii.gz", "-qform.nii", StringComparison.Ordinal);
        File.WriteAllBytes(plain, bytes.ToArray());
        return plain;
    }

    private static Affine Oblique(double a, double b, double c)
    {
        var x = new Vector3D(Math.Cos(a) * Math.Cos(b), Math.Sin(a) * Math.Cos(b), -Math.Sin(b));
        var helper = new Vector3D(Math.Cos(c), Math.Sin(c), 0.7);
        var z = x.Cross(helper).Normalized();
        var y = z.Cross(x);
        return new(x * 0.7, y * 0.8, z * 2.5, new(12, -34, 56));
    }
}
