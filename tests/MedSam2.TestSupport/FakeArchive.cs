using System.Net;
using System.Net.Sockets;

namespace MedSam2.TestSupport;

/// <summary>An HTTP server on loopback that answers as a test wants: what no real archive can be made to do.</summary>
public class FakeArchive : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _loop;

    public FakeArchive(Func<HttpListenerContext, Task> answer)
    {
        Port = FreePort();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _loop = LoopAsync(answer);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}/dicom-web";

    /// <summary>Method, path and query of every request, in order.</summary>
    public List<string> Requests { get; } = [];

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static async Task AnswerAsync(HttpListenerResponse response, int status, string contentType = "text/plain", ReadOnlyMemory<byte> body = default)
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        if (status != 204)
            await response.OutputStream.WriteAsync(body);
        response.Close();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
        GC.SuppressFinalize(this);
    }

    private async Task LoopAsync(Func<HttpListenerContext, Task> answer)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            lock (Requests)
                Requests.Add($"{context.Request.HttpMethod} {context.Request.RawUrl}");
            _ = AnswerOneAsync(context, answer);
        }
    }

    private static async Task AnswerOneAsync(HttpListenerContext context, Func<HttpListenerContext, Task> answer)
    {
        try
        {
            await answer(context);
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or HttpRequestException or InvalidOperationException)
        {
            // The other side has gone, or the archive behind: the connection breaks, as it would.
            context.Response.Abort();
        }
    }
}
