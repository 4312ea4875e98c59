using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MedSam2.Server.Tests.Models;

/// <summary>An HTTP server on this machine that serves one file, in parts where asked, and can break off as bad lines do.</summary>
internal sealed class RangeServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    public RangeServer(byte[] content)
    {
        Content = content;
        listener.Start();
        serving = Task.Run(ServeAsync);
    }

    public byte[] Content { get; set; }

    public string? Tag { get; set; } = "\"one\"";

    /// <summary>Bytes of an answer's body after which the line breaks; null: never.</summary>
    public int? BreakAfter { get; set; }

    public bool HonoursRanges { get; set; } = true;

    public int Status { get; set; } = 200;

    /// <summary>First byte that each request asked for; 0 where it asked for the whole.</summary>
    public List<int> Starts { get; } = [];

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/weights.pt");

    public void Dispose()
    {
        stop.Cancel();
        serving.Wait();
        listener.Stop();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await AnswerAsync(client.GetStream());
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.Split(": ", 2) is [var name, var value])
                headers[name] = value;
        }

        var start = 0;
        if (headers.GetValueOrDefault("Range") is { } range)
            start = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
        Starts.Add(start);
        if (!HonoursRanges || (headers.GetValueOrDefault("If-Range") is { } tag && tag != Tag))
            start = 0;
        var status = Status != 200 ? Status : start > 0 ? 206 : 200;
        var body = Status == 200 ? Content.AsMemory(start) : Memory<byte>.Empty;
        var head = $"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\nConnection: close\r\n"
            + (Tag is null ? "" : $"ETag: {Tag}\r\n")
            + (start > 0 ? $"Content-Range: bytes {start}-{Content.Length - 1}/{Content.Length}\r\n" : "") + "\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body[..Math.Min(body.Length, BreakAfter ?? body.Length)]);
    }
}
