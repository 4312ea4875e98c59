using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Geometry;
using MedSam2.Inference;
using MedSam2.Server.Hubs.Contracts;
using MedSam2.TestSupport;
using MedSam2.Training.Synthetic.Abdomen;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace MedSam2.Benchmarks;

/// <summary>
/// Clicks and streams over the real hub, to a server in a process of its own: one session alone beside the same click without
/// a server, then many sessions at once.
/// </summary>
internal static class StreamingBenchmark
{
    private const int Alone = 40, Slices = 12, Reach = 3;
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int sessions)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = Slices });
        var place = PlaceOf(phantom.Labels.LargestSlice(SliceAxis.K, AbdominalLabels.Liver).Index, phantom);
        var bare = Bare(phantom, place);

        using var data = new TemporaryFolder();
        using var server = StartServer(data.Path, out var address);
        try
        {
            await UploadAsync(address, phantom);
            var alone = await AloneAsync(address, place);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"click on an encoded slice: {bare:f1} ms without a server, {alone:f1} ms to the frame at the client: ratio {alone / bare:f2}, {alone - bare:f1} ms more"));
            await TogetherAsync(address, place, sessions, server);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    /// <summary>What the network and the session cost alone: the median of clicks on an encoded slice.</summary>
    private static double Bare(AbdominalPhantom phantom, ClickPoint place)
    {
        using var model = BenchmarkModel.Nano.Load();
        using var session = new VolumeSession(model, phantom.Volume);
        var next = 0;
        List<double> times = [];
        for (var n = 0; n <= Alone; n++)
        {
            var start = Stopwatch.GetTimestamp();
            session.Prompt(++next, new SlicePrompt(SliceAxis.K, (int)place.At![2], [new PromptPoint(place.At[0], place.At[1])]));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Percentile(times.Skip(1), 0.5);
    }

    private static async Task<double> AloneAsync(Uri address, ClickPoint place)
    {
        await using var connection = await ConnectAsync(address);
        var session = await OpenAsync(connection);
        List<double> times = [];
        for (var n = 0; n <= Alone; n++)
            times.Add(await ClickAsync(connection, session, n + 1, place));
        return Percentile(times.Skip(1), 0.5);
    }

    private static async Task TogetherAsync(Uri address, ClickPoint place, int sessions, Process server)
    {
        ConcurrentBag<double> clicks = [], firsts = [];
        var frames = 0;
        var peak = 0L;
        var clock = Stopwatch.StartNew();
        var users = Enumerable.Range(0, sessions).Select(_ => Task.Run(UseAsync)).ToArray();
        while (!Task.WhenAll(users).IsCompleted)
        {
            await Task.Delay(500);
            server.Refresh();
            peak = Math.Max(peak, server.WorkingSet64);
        }

        await Task.WhenAll(users);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sessions} sessions clicking and streaming for {clock.Elapsed.TotalSeconds:f0} s: {clicks.Count} clicks, p50 {Percentile(clicks, 0.5):f0} ms, p95 {Percentile(clicks, 0.95):f0} ms, "
            + $"p99 {Percentile(clicks, 0.99):f0} ms; first frame of a stream p50 {Percentile(firsts, 0.5):f0} ms; {frames / clock.Elapsed.TotalSeconds:f1} frames/s; server at most {peak >> 20} MiB"));

        async Task UseAsync()
        {
            await using var connection = await ConnectAsync(address);
            var session = await OpenAsync(connection);
            for (var n = 1; clock.Elapsed < Load; n++)
            {
                clicks.Add(await ClickAsync(connection, session, n, place));
                var start = Stopwatch.GetTimestamp();
                var first = true;
                await foreach (var _ in connection.StreamAsync<MaskFrame>("Propagate", new PropagateRequest { SessionId = session, ObjectIds = [n], Count = Reach }))
                {
                    if (first)
                        firsts.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    first = false;
                    Interlocked.Increment(ref frames);
                }
            }
        }
    }

    private static async Task<double> ClickAsync(HubConnection connection, string session, int objectId, ClickPoint place)
    {
        var start = Stopwatch.GetTimestamp();
        await connection.InvokeAsync<PromptAnswer>("Prompt", new PromptRequest { SessionId = session, ObjectId = objectId, Index = (int)place.At![2], Points = [place] });
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<string> OpenAsync(HubConnection connection) =>
        (await connection.InvokeAsync<SessionInfo>("OpenSession", new OpenSessionRequest { Image = "phantom" })).SessionId;

    private static async Task<HubConnection> ConnectAsync(Uri address)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(address, "hubs/segmentation")).AddMessagePackProtocol().Build();
        await connection.StartAsync();
        return connection;
    }

    private static async Task UploadAsync(Uri address, AbdominalPhantom phantom)
    {
        using var file = new MemoryStream();
        NiftiFile.Write(file, phantom.Volume, compress: true);
        using var http = new HttpClient { BaseAddress = address };
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file.ToArray()), "file", "phantom.nii.gz" }, { new StringContent("{}"), "params" } };
        using var answer = await http.PutAsync(new Uri("datastore/?image=phantom", UriKind.Relative), form);
        answer.EnsureSuccessStatusCode();
    }

    private static Process StartServer(string data, out Uri address)
    {
        var executable = Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "MedSam2.Server", "release", OperatingSystem.IsWindows() ? "MedSam2.Server.exe" : "MedSam2.Server");
        var server = Process.Start(new ProcessStartInfo(
            executable, ["--data", data, "--studies", data, "--urls", "http://127.0.0.1:0", "--MedSam2:Streaming:SessionsPerUser=1000"])
        { RedirectStandardOutput = true })!;
        string? url = null;
        while (server.StandardOutput.ReadLine() is { } line && !line.Contains("Ctrl+C", StringComparison.Ordinal))
            url ??= line.TrimStart().StartsWith("url", StringComparison.Ordinal) ? line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] : null;
        address = new Uri(url ?? throw new InvalidOperationException("The server did not start; its errors are above."));
        return server;
    }

    private static ClickPoint PlaceOf(int slice, AbdominalPhantom phantom)
    {
        var box = phantom.Labels.ReadSlice(SliceAxis.K, slice, AbdominalLabels.Liver).BoundingBox();
        return new() { At = [box.X + (box.Width / 2), box.Y + (box.Height / 2), slice] };
    }

    private static double Percentile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}
