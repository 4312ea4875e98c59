using System.Security.Cryptography;
using System.Text;

namespace FellowOakDicom.Tests.Reading;

/// <summary>
/// Every odd and every compressed file gives the report that fo-dicom 5.1.3 gives. <c>Recorded.tsv</c> holds the reports' digests; a run against either
/// library must agree with it, and leaves its own beside the test assembly.
/// </summary>
public class RecordedBehaviourTests
{
    private const string Recording = "Recorded.tsv";

    /// <summary>Frames of an odd number of bytes, of which fo-dicom swaps all but the last word, and which it pads one by one when it decodes RLE.</summary>
    private static readonly string[] Different =
        ["dicom-odd/pydicom/SC_rgb_small_odd_big_endian.dcm", "dicom-codecs/multiframe-colour-seg/liver_nonbyte_aligned_rle.dcm"];

    [Fact]
    public void All_files_are_read_and_written_as_recorded()
    {
        var reports = new[] { "dicom-odd", "dicom-codecs" }.SelectMany(Reports).ToArray();
        File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, Recording), reports);
        var recorded = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "FellowOakDicom.Subset.Tests", "Reading", Recording));
        Assert.Empty(reports.Except(recorded));
        Assert.Empty(recorded.Except(reports));
    }

    private static IEnumerable<string> Reports(string folder)
    {
        var root = SharedData.Require(folder);
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = $"{folder}/{Path.GetRelativePath(root, path)}";
            if (Path.GetExtension(path) is ".tsv" or ".txt" || Path.GetFileName(path).StartsWith("LICENSE", StringComparison.Ordinal) || Different.Contains(name))
                continue;
            var report = FileReport.Of(File.ReadAllBytes(path));
            yield return $"{name}\t{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(report)))[..16]}";
        }
    }
}
