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
    private const int WarmUp = 60, Alone = 100, Slices = 12, Reach = 3;
    private const double Budget = 5; // milliseconds over the click itself
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int sessions)
    {
        Machine.Report();
        var phantom = AbdominalPhantom.Create(new AbdominalPhantomOptions { Slices = Slices });
        var place = PlaceOf(phantom.Labels.LargestSlice(SliceAxis.K, AbdominalLabels.Liver).Index, phantom);

        using var data = new TemporaryFolder();
        using var server = StartServer(data.Path, out var address);
        try
        {
            await UploadAsync(address, phantom);
            await AloneAsync(address, phantom, place);
            await TogetherAsync(address, place, sessions, server);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    /// <summary>
    /// The same click, by turns over the hub and on a session in this process, so that whatever else the machine does slows
    /// both. The first ones are not counted: the slices around are encoded meanwhile, and code is compiled.
    /// </summary>
    private static async Task AloneAsync(Uri address, AbdominalPhantom phantom, ClickPoint place)
    {
        using var model = BenchmarkModel.Nano.Load();
        using var bare = new VolumeSession(model, phantom.Volume);
        await using var connection = await ConnectAsync(address);
        var session = await OpenAsync(connection);
        var prompt = new SlicePrompt(SliceAxis.K, (int)place.At![2], [new PromptPoint(place.At[0], place.At[1])]);
        List<double> without = [], with = [];
        for (var n = 1; n <= WarmUp + Alone; n++)
        {
            var over = await ClickAsync(connection, session, n, place);
            var start = Stopwatch.GetTimestamp();
            bare.Prompt(n, prompt);
            var direct = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (n <= WarmUp)
                continue;
            with.Add(over);
            without.Add(direct);
        }

        var (hub, alone) = (Percentile(with, 0.5), Percentile(without, 0.5));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"click on an encoded slice, median of {Alone} by turns: {alone:f1} ms without a server, {hub:f1} ms to the frame at the client: ratio {hub / alone:f2}, "
            + $"{hub - alone:f1} ms more (budget {Budget:f0} ms {(hub - alone < Budget ? "held" : "MISSED")}; fastest {with.Min():f1} and {without.Min():f1} ms)"));
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
