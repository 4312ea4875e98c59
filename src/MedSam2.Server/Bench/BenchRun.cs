using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.CommandLine;

namespace MedSam2.Server.Bench;

/// <summary>The verb <c>bench</c>: times what a person waits for, on a made volume of the network's size.</summary>
internal static class BenchRun
{
    private const int Object = 1;
    private const int Clicks = 4;

    public static async Task RunAsync(VerbSettings settings, int slices, bool json, CancellationToken cancellation)
    {
        var report = await VerbConsole.WithProgressAsync("Measuring", progress => Task.FromResult(Measure(settings, slices, progress, cancellation)));
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.BenchReport));
            return;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Model} on {report.Device} with {report.Threads} threads, {report.ImageSize} pixels, peak memory {report.PeakMegabytes:0} MB"));
        VerbConsole.WriteTable(
            ["step", "ms", "per second"],
            report.Steps.Select(s => (string[])[s.Name, s.Milliseconds.ToString("0.0", CultureInfo.InvariantCulture), (1000 / s.Milliseconds).ToString("0.0", CultureInfo.InvariantCulture)]));
    }

    private static BenchReport Measure(VerbSettings settings, int slices, IProgress<VerbProgress> progress, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var model = settings.LoadModel();
        var load = Elapsed(start);
        var volume = MakeVolume(model.Configuration.ImageSize, slices);
        using (var warm = new VolumeSession(model, volume))
        {
            warm.Prompt(Object, Click(0), cancellation);
            Propagate(warm, 0, 1, cancellation);
        }

        using var session = new VolumeSession(model, volume);
        List<double> firstClicks = [], nextClicks = [];
        for (var n = 0; n < Clicks; n++)
        {
            progress.Report(new(0.5 * n / Clicks, "Clicks"));
            firstClicks.Add(Time(() => session.Prompt(n, Click(n), cancellation)));
            nextClicks.Add(Time(() => session.Prompt(n, Click(n, offset: 3), cancellation)));
        }

        progress.Report(new(0.5, "Propagation"));
        using var tracked = new VolumeSession(model, volume);
        tracked.Prompt(Object, Click(0), cancellation);
        var fresh = Time(() => Propagate(tracked, 1, slices - 1, cancellation)) / (slices - 1);
        tracked.Prompt(Object, Click(0, offset: 3), cancellation);
        progress.Report(new(0.8, "Propagation after a correction"));
        var cached = Time(() => Propagate(tracked, 1, slices - 1, cancellation)) / (slices - 1);

        using var process = Process.GetCurrentProcess();
        return new(
            model.Name,
            model.Sha256,
            model.Device,
            TorchSharp.torch.get_num_threads(),
            model.Configuration.ImageSize,
            process.PeakWorkingSet64 / 1e6,
            [
                new("load the model", load),
                new("first click on a slice (encode, decode)", Median(firstClicks)),
                new("next click on it (decode)", Median(nextClicks)),
                new("carry on, a slice (encode, track)", fresh),
                new("carry on after a correction, a slice (track)", cached),
            ]);
    }

    private static SlicePrompt Click(int slice, int offset = 0) => new(SliceAxis.K, slice, [new(10 + offset, 10, Include: true)]);

    private static void Propagate(VolumeSession session, int first, int last, CancellationToken cancellation)
    {
        foreach (var _ in session.Propagate([Object], new PropagationRange(SliceAxis.K, first, last), cancellation))
        {
            // Only the time counts.
        }
    }

    /// <summary>A bright ball in noise that repeats from machine to machine.</summary>
    private static Volume MakeVolume(int size, int slices)
    {
        var geometry = new VolumeGeometry(size, size, slices, Affine.Identity);
        var random = new Random(1);
        var voxels = new short[geometry.VoxelCount];
        for (var n = 0; n < voxels.Length; n++)
        {
            var (i, j) = (n % size, n / size % size);
            voxels[n] = (short)(random.Next(60) + (((i - 12) * (i - 12)) + ((j - 12) * (j - 12)) < 100 ? 150 : 50));
        }

        return new Volume(geometry, new Int16Voxels(voxels), window: new IntensityWindow(0, 255));
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Elapsed(start);
    }

    private static double Elapsed(long start) => Stopwatch.GetElapsedTime(start).TotalMilliseconds;

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}

internal sealed record BenchStep(string Name, double Milliseconds);

internal sealed record BenchReport(
    string Model, string Sha256, string Device, int Threads, int ImageSize, double PeakMegabytes, IReadOnlyList<BenchStep> Steps);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
