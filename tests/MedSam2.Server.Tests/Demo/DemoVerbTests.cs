using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Tests.StartUp;
using Xunit;

namespace MedSam2.Server.Tests.Demo;

public sealed class DemoVerbTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("medsam2-demo-tests-");

    private string Studies => _folder.CreateSubdirectory("studies").FullName;

    private string Labels => Path.Combine(_folder.FullName, "labels.nii.gz");

    private string Picture => Path.Combine(_folder.FullName, "pictures", "demo.png");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_demo_does_the_main_job_on_a_series_with_labels_and_says_how_well()
    {
        TestSeries.WriteTo(Studies);
        NiftiFile.Write(Labels, BlockWithRowsTurned(), cancellation: TestContext.Current.CancellationToken);

        var (exitCode, output, error) = await ServerProcess.RunAsync("demo", "--studies", Studies, "--labels", Labels, "--label", "3", "--output", Picture);

        Assert.True(exitCode == 0, output + error);
        Assert.Contains($"a box of 24 x 16 pixels on slice {TestSeries.Block.K0}", output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^first mask ms \d+", output);
        Assert.Matches(@"(?m)^slices/s \d+\.\d", output);
        Assert.Matches(@"(?m)^Dice (0\.[3-9]\d\d|1\.000)$", output);
        Assert.Contains("same voxels", output, StringComparison.Ordinal);
        Assert.Contains($"picture {Picture}", output, StringComparison.Ordinal);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(Picture, TestContext.Current.CancellationToken))[..4]);
    }

    [Theory]
    [InlineData("--labels", "--studies", "{studies}")]
    [InlineData("--labels needs --label", "--labels", "{labels}")]
    [InlineData("--label", "--studies", "{studies}", "--labels", "{labels}")]
    [InlineData("does not exist", "--studies", "{studies}", "--labels", "/no/labels.nii.gz", "--label", "3")]
    [InlineData("no voxel with the value 9", "--studies", "{studies}", "--labels", "{labels}", "--label", "9")]
    public async Task What_the_demo_lacks_is_told_in_one_line(string cause, params string[] arguments)
    {
        TestSeries.WriteTo(Studies);
        NiftiFile.Write(Labels, BlockWithRowsTurned(), cancellation: TestContext.Current.CancellationToken);
        var given = arguments.Select(argument => argument.Replace("{studies}", Studies, StringComparison.Ordinal).Replace("{labels}", Labels, StringComparison.Ordinal));

        var (exitCode, _, error) = await ServerProcess.RunAsync(["demo", .. given]);

        Assert.Equal(1, exitCode);
        Assert.Contains(cause, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    /// <summary>The block's voxels as label 3, stored with rows and slices the other way round, as NIfTI files often are.</summary>
    private static LabelMap BlockWithRowsTurned()
    {
        var grid = TestSeries.Volume.Geometry;
        var affine = grid.IjkToLps;
        var turned = new Affine(affine.I, -affine.J, -affine.K, affine.Transform(new(0, grid.Rows - 1, grid.Slices - 1)));
        var labels = new LabelMap(grid with { IjkToLps = turned });
        for (var k = 0; k < grid.Slices; k++)
        {
            for (var j = 0; j < grid.Rows; j++)
            {
                for (var i = 0; i < grid.Columns; i++)
                    labels[i, grid.Rows - 1 - j, grid.Slices - 1 - k] = TestSeries.InBlock(i, j, k) ? (byte)3 : (byte)0;
            }
        }

        return labels;
    }
}
