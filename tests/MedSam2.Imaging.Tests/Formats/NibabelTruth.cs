using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MedSam2.Imaging.Geometry;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Imaging.Tests.Formats;

/// <summary>What nibabel, the reference reader of NIfTI, makes of files: shape, values, and the affine in LPS.</summary>
internal sealed record NibabelTruth(VolumeGeometry Geometry, double[] Values)
{
    private const string Python = "/usr/bin/python3";

    public static IReadOnlyList<NibabelTruth> Read(IReadOnlyList<string> paths)
    {
        if (!File.Exists(Python) || Run("-c", "import nibabel") != 0)
        {
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail("python3-nibabel is not installed.");
            Assert.Skip("python3-nibabel is not installed.");
        }

        var folder = Directory.CreateTempSubdirectory("nibabel-truth");
        try
        {
            var script = Path.Combine(RepositoryPaths.Root, "tests", "MedSam2.Imaging.Tests", "Formats", "nibabel_truth.py");
            Assert.Equal(0, Run([script, folder.FullName, .. paths]));
            return [.. File.ReadLines(Path.Combine(folder.FullName, "truth.txt")).Select((line, n) => Parse(line, Path.Combine(folder.FullName, $"{n}.f64")))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static NibabelTruth Parse(string line, string values)
    {
        var words = line.Split(' ');
        var m = words[3..].Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        var ras = new Affine(new(m[0], m[4], m[8]), new(m[1], m[5], m[9]), new(m[2], m[6], m[10]), new(m[3], m[7], m[11]));
        var size = words[..3].Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return new(new VolumeGeometry(size[0], size[1], size[2], ras.SwapLpsRas()), MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(values)).ToArray());
    }

    private static int Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
