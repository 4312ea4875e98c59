using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace MedSam2.Server.Tests.MonaiLabel.Conformance;

/// <summary>
/// Requests byte for byte as MONAI Label's Python client and Slicer module send them: no redirects, no decompression, the
/// boundary that they hard-code, one connection a call.
/// </summary>
internal sealed class PlainClient(Uri server)
{
    public const string Boundary = "----------lImIt_of_THE_fIle_eW_$";

    public Task<PlainAnswer> GetAsync(string target) => SendAsync("GET", target, null, []);

    public Task<PlainAnswer> DeleteAsync(string target) => SendAsync("DELETE", target, null, []);

    public Task<PlainAnswer> HeadAsync(string target) => SendAsync("HEAD", target, null, []);

    public Task<PlainAnswer> JsonAsync(string method, string target, string? json) =>
        SendAsync(method, target, json is null ? null : "application/json", Encoding.UTF8.GetBytes(json ?? ""));

    public Task<PlainAnswer> FormAsync(string method, string target, string form) =>
        SendAsync(method, target, "application/x-www-form-urlencoded", Encoding.UTF8.GetBytes(form));

    /// <param name="method">PUT or POST.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="fields">As name and text.</param>
    /// <param name="files">As name, the client's path and content.</param>
    public Task<PlainAnswer> MultipartAsync(string method, string target, (string Name, string Text)[] fields, params (string Name, string FileName, byte[] Content)[] files)
    {
        using var body = new MemoryStream();
        foreach (var (name, text) in fields)
            Write($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        foreach (var (name, fileName, content) in files)
        {
            Write($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
            body.Write(content);
            Write("\r\n");
        }

        Write($"--{Boundary}--\r\n\r\n");
        return SendAsync(method, target, $"multipart/form-data; boundary={Boundary}", body.ToArray());

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <param name="method">The method.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="type">Content-Type; null sends neither it nor a length.</param>
    /// <param name="body">The body.</param>
    /// <param name="headers">Further header lines.</param>
    public async Task<PlainAnswer> SendAsync(string method, string target, string? type, byte[] body, params string[] headers)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host, server.Port);
        var stream = socket.GetStream();
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: {server.Authority}\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
        if (type is not null)
            head.Append($"content-type: {type}\r\ncontent-length: {body.Length}\r\n");
        else if (method is "POST" or "PUT")
            head.Append("content-length: 0\r\n");
        foreach (var header in headers)
            head.Append(header).Append("\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        await stream.WriteAsync(body);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromMinutes(2));
        return PlainAnswer.Parse(answer.ToArray());
    }
}

/// <summary>An answer as its bytes say it.</summary>
internal sealed record PlainAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonNode? Json => JsonNode.Parse(Body);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The name that the clients give a download.</summary>
    public string? FileName => Header("Content-Disposition") is { } text ? ContentDispositionHeaderValue.Parse(text) is var parsed ? parsed.FileNameStar ?? parsed.FileName?.Trim('"') : null : null;

    public static PlainAnswer Parse(byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var body = bytes[(end + 4)..];
        if (headers.GetValueOrDefault("Transfer-Encoding") == "chunked")
            body = Dechunk(body);
        return new(int.Parse(lines[0].Split(' ')[1]), headers, body);
    }

    private static byte[] Dechunk(byte[] body)
    {
        using var whole = new MemoryStream();
        for (var at = 0; ;)
        {
            var line = body.AsSpan(at).IndexOf("\r\n"u8);
            var length = Convert.ToInt32(Encoding.ASCII.GetString(body, at, line), 16);
            if (length == 0)
                return whole.ToArray();
            whole.Write(body, at + line + 2, length);
            at += line + 2 + length + 2;
        }
    }
}
