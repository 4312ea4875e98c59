using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Text;
using MedSam2.Server.Errors;

namespace MedSam2.Server.Endpoints.MonaiLabel.Server;

/// <summary><c>/logs</c>: the server's last log lines, and what its graphics cards do.</summary>
internal static class LogEndpoints
{
    private const int Usual = 300, ShortestRefresh = 3;

    public static IResult Read(HttpContext context, LogTail tail)
    {
        var lines = Number(context.Request, "lines", Usual);
        var text = string.Join('\n', tail.Last(lines is 0 ? LogTail.Most : lines));
        var html = !string.Equals(context.Request.Query["html"], "false", StringComparison.OrdinalIgnoreCase);
        if (!html || lines is 0 || string.Equals(context.Request.Query["text"], "true", StringComparison.OrdinalIgnoreCase))
            return Results.Text(text + '\n', MediaTypeNames.Text.Plain);

        var refresh = Number(context.Request, "refresh", 0);
        var again = refresh is 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"<meta http-equiv=\"refresh\" content=\"{Math.Max(refresh, ShortestRefresh)}\">");
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        return Results.Text(
            $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{again}<title>Log</title></head><body><pre>{WebUtility.HtmlEncode(text)}</pre></body></html>",
            MediaTypeNames.Text.Html,
            Encoding.UTF8);
    }

    /// <summary>What <c>nvidia-smi</c> prints.</summary>
    public static async Task<IResult> ReadGpuAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            using var tool = Process.Start(new ProcessStartInfo("nvidia-smi") { RedirectStandardOutput = true, UseShellExecute = false })!;
            var text = await tool.StandardOutput.ReadToEndAsync(limit.Token);
            await tool.WaitForExitAsync(limit.Token);
            return Results.Text(text, MediaTypeNames.Text.Plain);
        }
        catch (Exception exception) when (exception is Win32Exception || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new RequestException(StatusCodes.Status501NotImplemented, "This server has no answering nvidia-smi, so it can tell nothing of graphics cards.", exception);
        }
    }

    private static int Number(HttpRequest request, string key, int usual)
    {
        if (request.Query[key].ToString() is not { Length: > 0 } text)
            return usual;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ParameterException($"'{key}' must be a number from 0.", "query", key);
    }
}
