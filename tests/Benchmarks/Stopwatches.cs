using System.Diagnostics;

namespace MedSam2.Benchmarks;

/// <summary>Times of one thing run many times.</summary>
/// <param name="Median">Half of the runs were faster.</param>
/// <param name="Low">A quarter was faster.</param>
/// <param name="High">A quarter was slower.</param>
/// <param name="Best">The fastest.</param>
/// <param name="Processor">Mean processor time of a run, over all threads of the process; other programs on the machine hardly change it.</param>
/// <param name="Runs">How many.</param>
internal sealed record Timing(TimeSpan Median, TimeSpan Low, TimeSpan High, TimeSpan Best, TimeSpan Processor, int Runs)
{
    /// <summary>Half the distance between the quarters, as a share of the median.</summary>
    public double Spread => (High - Low) / 2 / Median;
}

/// <summary>A plain harness: warm up, then run until there are enough runs and enough time has passed.</summary>
internal static class Stopwatches
{
    private const int Warmups = 2;
    private const int FewestRuns = 5;
    private const int MostRuns = 200;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(2);

    /// <summary>Seconds of processor time that something takes, over all threads of the process.</summary>
    public static double Processor(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    public static Timing Measure(Action action)
    {
        for (var n = 0; n < Warmups; n++)
            action();

        var times = new List<TimeSpan>();
        var processor = Environment.CpuUsage.TotalTime;
        var all = Stopwatch.StartNew();
        while (times.Count < FewestRuns || (times.Count < MostRuns && all.Elapsed < Enough))
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(start));
        }

        processor = Environment.CpuUsage.TotalTime - processor;
        times.Sort();
        return new Timing(times[times.Count / 2], times[times.Count / 4], times[times.Count * 3 / 4], times[0], processor / times.Count, times.Count);
    }
}
