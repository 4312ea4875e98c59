using System.Text;

namespace MedSam2.Server.DicomWeb;

/// <summary>Answers with any number of datasets: an array of JSON, or a part of XML each.</summary>
internal static class DatasetAnswer
{
    private static readonly UTF8Encoding Utf8 = new(false);

    /// <summary>Writes as the datasets come, after the first one has come without an error.</summary>
    public static async Task WriteAsync(HttpContext context, DatasetForm form, IAsyncEnumerable<string> datasets)
    {
        await using var all = datasets.GetAsyncEnumerator(context.RequestAborted);
        var any = await all.MoveNextAsync();
        await (form.IsXml ? WritePartsAsync(context, form, all, any) : WriteArrayAsync(context, form, all, any));
    }

    private static async Task WriteArrayAsync(HttpContext context, DatasetForm form, IAsyncEnumerator<string> all, bool any)
    {
        context.Response.ContentType = form.MediaType;
        await using var writer = new StreamWriter(context.Response.Body, Utf8, 1 << 15, leaveOpen: true);
        await writer.WriteAsync('[');
        for (var first = true; any; any = await all.MoveNextAsync(), first = false)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            if (!first)
                await writer.WriteAsync(',');
            await writer.WriteAsync(all.Current);
        }

        await writer.WriteAsync(']');
    }

    private static async Task WritePartsAsync(HttpContext context, DatasetForm form, IAsyncEnumerator<string> all, bool any)
    {
        // A multipart body has at least one part (RFC 2046).
        if (!any)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var stop = context.RequestAborted;
        var answer = new MultipartAnswer(context.Response, form.MediaType);
        for (; any; any = await all.MoveNextAsync())
        {
            await answer.BeginPartAsync(form.MediaType, stop);
            await context.Response.Body.WriteAsync(Utf8.GetBytes(all.Current), stop);
            await answer.EndPartAsync(stop);
        }

        await answer.EndAsync(stop);
    }
}
