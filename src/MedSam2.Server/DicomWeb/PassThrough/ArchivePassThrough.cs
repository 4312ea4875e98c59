using MedSam2.Server.Errors;
using MedSam2.Studies.DicomWebClient;

namespace MedSam2.Server.DicomWeb.PassThrough;

/// <summary>
/// Hands requests on to the archive, with this server's login, and its answers back, both as they come: a viewer needs one
/// origin, and no login of the archive. Addresses in metadata and answers are made to lead back here.
/// </summary>
internal static class ArchivePassThrough
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete];

    public static void MapPassThrough(this IEndpointRouteBuilder routes, ArchiveClient archive) =>
        routes.MapMethods("/{**resource}", Methods, (HttpContext context, string? resource) => HandleAsync(context, archive, resource ?? ""));

    private static async Task HandleAsync(HttpContext context, ArchiveClient archive, string resource)
    {
        var stop = context.RequestAborted;
        var escaped = new PathString("/" + resource).ToUriComponent()[1..];
        var target = archive.Http.Addresses.PassThrough(context.Request.Method, escaped, context.Request.QueryString.ToUriComponent())
            ?? throw RequestException.BadRequest("The path leads out of the archive's DICOMweb root. Correct it.");
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        PassThroughHeaders.CopyTo(context.Request, request);

        using var response = await SendAsync(archive, request, stop);
        // The archive asks this server to log in, not the person at the viewer.
        if ((int)response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status407ProxyAuthenticationRequired)
            throw new ArchiveException(ArchiveFault.LoginRefused, "The archive refuses this server's login. Check the login in the settings of the archive.");

        context.Response.StatusCode = (int)response.StatusCode;
        PassThroughHeaders.CopyTo(response, context.Response);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        await using var content = await archive.Http.ReadAsync(response, stop);
        try
        {
            if (IsText(context.Response.ContentType))
            {
                context.Response.ContentLength = null;
                await new AddressRewriter(archive.Http.Addresses.Roots, new ResourceUrls(context.Request).Root + "/").CopyAsync(content, context.Response.Body, stop);
            }
            else
            {
                await content.CopyToAsync(context.Response.Body, 1 << 16, stop);
            }
        }
        catch (ArchiveException) when (context.Response.HasStarted)
        {
            // Too late for a status: a broken connection tells the viewer that the answer is not whole.
            context.Abort();
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(ArchiveClient archive, HttpRequestMessage request, CancellationToken stop)
    {
        try
        {
            return await (request.Content is null ? archive.Http.SendAsync(request, stop) : archive.Http.SendOnceAsync(request, stop));
        }
        catch (ArchiveException e) when (Cause<BadHttpRequestException>(e) is { } bad)
        {
            // It was this request's own body that broke: too large, or cut short.
            throw new BadHttpRequestException(bad.Message, bad.StatusCode, e);
        }
    }

    private static T? Cause<T>(Exception? exception)
        where T : Exception
    {
        while (exception is not null and not T)
            exception = exception.InnerException;
        return exception as T;
    }

    private static bool IsText(string? contentType) =>
        contentType is not null && (contentType.Contains("json", StringComparison.OrdinalIgnoreCase) || contentType.Contains("xml", StringComparison.OrdinalIgnoreCase));
}
