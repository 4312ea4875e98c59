using System.Diagnostics;
using Xunit;

namespace MedSam2.TestSupport;

/// <summary>Programs of others that give a second opinion. Absent ones skip the test, unless <c>CI</c> is set.</summary>
public static class ExternalTool
{
    public static string Require(string program, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend("/usr/bin").Append("/usr/sbin");
        var path = folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        if (path is not null)
            return path;
        SkipOrFail($"{program} is not installed (apt-get install {package}).");
        return program;
    }

    /// <summary>The first of some files that is there.</summary>
    public static string RequireFile(string what, string package, params string[] paths)
    {
        if (paths.FirstOrDefault(File.Exists) is { } path)
            return path;
        SkipOrFail($"{what} is not installed (apt-get install {package}).");
        return paths[0];
    }

    /// <summary>Debian's Python with pydicom, whichever Python comes first on the path.</summary>
    public static string RequirePydicom()
    {
        var python = Require("python3", "python3");
        if (Run(python, "-c", "import pydicom, numpy").ExitCode != 0)
            SkipOrFail("pydicom is not installed (apt-get install python3-pydicom python3-numpy).");
        return python;
    }

    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static void SkipOrFail(string message)
    {
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(message);
        Assert.Skip(message);
    }
}
