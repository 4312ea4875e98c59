namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A file by itself, under a quoted name: the only form of it that every MONAI Label client reads.</summary>
internal sealed class FileAnswer(Stream content, string type, string fileName) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var file = content;
        var answer = httpContext.Response;
        answer.ContentType = type;
        answer.ContentLength = file.Length;
        answer.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        await file.CopyToAsync(answer.Body, httpContext.RequestAborted);
    }
}
