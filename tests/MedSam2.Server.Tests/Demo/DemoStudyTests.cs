using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Server.Demo;
using MedSam2.Studies.Series;
using MedSam2.TestSupport;
using MedSam2.Training.Synthetic.Abdomen;
using Xunit;

namespace MedSam2.Server.Tests.Demo;

public class DemoStudyTests
{
    private static readonly AbdominalPhantomOptions Small = new() { Size = 64, Slices = 6, SliceThickness = 30 };

    [Fact]
    public void Series_is_read_as_the_grid_of_its_labels()
    {
        var demo = DemoStudy.Create(Small);

        var series = new SeriesReader().Read([.. demo.Instances()]);

        var (a, b) = (series.Volume.Geometry, demo.Labels.Geometry);
        Assert.Equal((b.Columns, b.Rows, b.Slices), (a.Columns, a.Rows, a.Slices));
        Assert.InRange((a.IjkToLps.Transform(new(1, 2, 3)) - b.IjkToLps.Transform(new(1, 2, 3))).Length, 0, 1e-6);
        Assert.Equal(demo.SeriesInstanceUid, series.SeriesInstanceUid);
        Assert.Equal(demo.SeriesInstanceUid, DemoStudy.SeriesInstanceUidOf(Small));
        Assert.NotEqual(demo.SeriesInstanceUid, DemoStudy.SeriesInstanceUidOf());
    }

    [Fact]
    public void Saved_labels_are_the_labels()
    {
        using var folder = new TemporaryFolder();
        var demo = DemoStudy.Create(Small);

        demo.SaveLabels(folder.File("labels.nii.gz"));

        Assert.Equal(demo.Labels.Labels, NiftiFile.ReadLabelMap(folder.File("labels.nii.gz")).Labels);
        Assert.Contains(AbdominalLabels.Liver, demo.Labels.Labels);
    }

    [Fact]
    public void Validator_finds_no_error()
    {
        var validator = ExternalTool.Require("dciodvfy", "dicom3tools");
        using var folder = new TemporaryFolder();
        foreach (var file in DemoStudy.Create(Small).Instances())
        {
            var path = folder.File($"{file.Dataset.GetSingleValue<int>(DicomTag.InstanceNumber)}.dcm");
            file.Save(path);

            Assert.DoesNotContain("Error", ExternalTool.Run(validator, path).Output, StringComparison.Ordinal);
        }
    }
}
