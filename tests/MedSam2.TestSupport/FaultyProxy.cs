using System.Net;

namespace MedSam2.TestSupport;

/// <summary>Stands before a real archive and spoils what a test wants spoilt.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly Uri _target;
    private readonly FakeArchive _server;
    private int _busy;
    private int _broken;

    /// <param name="target">Root of the real server, such as <c>http://127.0.0.1:8042</c>.</param>
    public FaultyProxy(string target)
    {
        _target = new Uri(target);
        _server = new FakeArchive(PassAsync);
    }

    public string Url => _server.Url;

    public IReadOnlyList<string> Requests => _server.Requests;

    /// <summary>Answers this many requests with 503.</summary>
    public int Busy { get => _busy; set => _busy = value; }

    /// <summary>Seconds told with 503, if any.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Breaks the connection of this many answers to GET after some bytes.</summary>
    public int Broken { get => _broken; set => _broken = value; }

    /// <summary>Where to break.</summary>
    public int BreakAfterBytes { get; set; } = 1000;

    /// <summary>Waits before each piece of an answer.</summary>
    public TimeSpan Pause { get; set; }

    /// <summary>A pause of the answer after its first piece, without an end.</summary>
    public bool Stalls { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
    }

    private async Task PassAsync(HttpListenerContext context)
    {
        if (Interlocked.Decrement(ref _busy) >= 0)
        {
            if (RetryAfter is { } seconds)
                context.Response.AddHeader("Retry-After", $"{seconds}");
            await FakeArchive.AnswerAsync(context.Response, 503);
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), new Uri(_target, context.Request.RawUrl));
        if (context.Request.HasEntityBody)
            request.Content = new StreamContent(context.Request.InputStream);
        foreach (var name in context.Request.Headers.AllKeys.OfType<string>().Where(name => name is not ("Connection" or "Transfer-Encoding")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name]))
                request.Content?.Headers.TryAddWithoutValidation(name, context.Request.Headers[name]);
        }

        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        catch (HttpRequestException)
        {
            await FakeArchive.AnswerAsync(context.Response, 502);
            return;
        }

        using var answer = response;
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString() : null;
        context.Response.SendChunked = true;
        await CopyAsync(await response.Content.ReadAsStreamAsync(), context.Response, request.Method == HttpMethod.Get && Interlocked.Decrement(ref _broken) >= 0);
        context.Response.Close();
    }

    private async Task CopyAsync(Stream from, HttpListenerResponse to, bool breaks)
    {
        var buffer = new byte[1 << 14];
        var total = 0;
        for (int count; (count = await from.ReadAsync(buffer)) > 0; total += count)
        {
            if (Pause > TimeSpan.Zero)
                await Task.Delay(Pause);
            if (Stalls && total > 0)
                await Task.Delay(Timeout.Infinite);
            if (breaks && total + count > BreakAfterBytes)
                throw new IOException("The test breaks the connection here.");
            await to.OutputStream.WriteAsync(buffer.AsMemory(0, count));
            await to.OutputStream.FlushAsync();
        }
    }
}
