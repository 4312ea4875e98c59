using FellowOakDicom;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Series;
using MedSam2.Studies.Writing;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.Writing;

public class CtSeriesWriterTests
{
    private static readonly CtSeriesDescription Description = new("test", "PHANTOM^TEST", "PHANTOM-0") { BodyPart = "ABDOMEN", StudyDescription = "Test", IsPhantom = true };

    [Fact]
    public void Written_series_is_read_back_with_the_same_voxels_and_frame()
    {
        var volume = Sample(new(0.78125, 0, 0), new(0, 0.7, 0.1), new(0, -0.7, 4.9), new Vector3D(-199.609375, 1.0 / 3, -98.5));

        var read = new SeriesReader().Read([.. CtSeriesWriter.Write(volume, Description)]);

        var (a, b) = (volume.Geometry.IjkToLps, read.Volume.Geometry.IjkToLps);
        foreach (var difference in new[] { a.I - b.I, a.J - b.J, a.K - b.K, a.Origin - b.Origin })
            Assert.InRange(difference.Length, 0, 1e-5);
        for (var n = 0L; n < volume.Voxels.Count; n++)
            Assert.Equal(volume.Voxels[n], read.Volume.Voxels[n], 1e-3);
        Assert.Equal(Description.SeriesInstanceUid, read.SeriesInstanceUid);
        Assert.Equal("CT", read.Volume.Modality);
        Assert.Equal(IntensityWindow.FromCenterWidth(40, 400), read.Volume.Window);
    }

    [Fact]
    public void Identifiers_are_valid_distinct_and_the_same_each_time()
    {
        var volume = Axial();

        var first = CtSeriesWriter.Write(volume, Description).Select(Uid).ToArray();

        Assert.Equal(first, CtSeriesWriter.Write(volume, Description).Select(Uid));
        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.All(first.Append(Description.StudyInstanceUid), uid => Assert.True(DicomUID.IsValidUid(uid) && uid.Length <= 64 && uid.StartsWith("2.25.", StringComparison.Ordinal)));
        Assert.Equal("2.25.247859944228867097191300499870369849891", NamedUid.From("abc"));
    }

    [Fact]
    public void Validator_finds_no_error_in_any_instance()
    {
        var validator = ExternalTool.Require("dciodvfy", "dicom3tools");
        using var folder = new TestSupport.TemporaryFolder();
        foreach (var file in CtSeriesWriter.Write(Axial(), Description))
        {
            var path = Path.Combine(folder.Path, $"{Uid(file)}.dcm");
            file.Save(path);

            var report = ExternalTool.Run(validator, path).Output;

            Assert.DoesNotContain("Error", report, StringComparison.Ordinal);
            Assert.Contains("CTImage", report, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Volume_of_real_numbers_or_sheared_axes_is_refused()
    {
        var geometry = Axial().Geometry;
        var sheared = Sample(new(1, 0, 0), new(0.1, 1, 0), new(0, 0, 1), Vector3D.Zero);

        Assert.Throws<ArgumentException>(() => CtSeriesWriter.Write(new Volume(geometry, new Float32Voxels(new float[geometry.VoxelCount])), Description));
        Assert.Throws<ArgumentException>(() => CtSeriesWriter.Write(sheared, Description));
    }

    private static string Uid(DicomFile file) => file.Dataset.GetSingleValue<string>(DicomTag.SOPInstanceUID);

    private static Volume Axial() => Sample(new(0.78125, 0, 0), new(0, 0.78125, 0), new(0, 0, 5), new(-199.609375, -184.609375, -98.5));

    private static Volume Sample(Vector3D i, Vector3D j, Vector3D k, Vector3D origin)
    {
        var random = new Random(4);
        var stored = Enumerable.Range(0, 12 * 10 * 3).Select(_ => (short)random.Next(-1024, 3072)).ToArray();
        return new Volume(new VolumeGeometry(12, 10, 3, new Affine(i, j, k, origin)), new Int16Voxels(stored), "CT", IntensityWindow.FromCenterWidth(40, 400));
    }
}
