namespace MedSam2.Benchmarks;

/// <summary>Says what the numbers were measured on, and whether other programs were running.</summary>
internal static class Machine
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string LoadAverage = "/proc/loadavg";

    public static void Report()
    {
        var processor = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        Console.WriteLine($"{processor ?? "Unknown processor"}, {Environment.ProcessorCount} cores, {Environment.OSVersion}, .NET {Environment.Version}");
        if (File.Exists(LoadAverage))
            Console.WriteLine($"Load average before the start: {File.ReadAllText(LoadAverage).Split(' ')[0]}. Wall times count only where it is near 0.");
    }
}
