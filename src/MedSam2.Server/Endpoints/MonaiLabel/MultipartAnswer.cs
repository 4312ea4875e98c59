using System.Text;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>
/// The result JSON and the mask as two parts, byte for byte in the layout that MONAI Label's clients parse: params first and
/// without a file name, then the mask with a quoted one, and always a length, since those clients cannot read chunks.
/// </summary>
internal sealed class MultipartAnswer(byte[] parameters, Stream mask, string fileName) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var file = mask;
        var boundary = Guid.NewGuid().ToString("N");
        var head = Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; name=\"params\"\r\nContent-Type: application/json\r\n\r\n");
        var middle = Encoding.UTF8.GetBytes($"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{fileName}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        var tail = Encoding.UTF8.GetBytes($"\r\n--{boundary}--\r\n");

        var answer = httpContext.Response;
        var stop = httpContext.RequestAborted;
        answer.ContentType = $"multipart/form-data; boundary={boundary}";
        answer.ContentLength = head.Length + parameters.Length + middle.Length + file.Length + tail.Length;
        await answer.Body.WriteAsync(head, stop);
        await answer.Body.WriteAsync(parameters, stop);
        await answer.Body.WriteAsync(middle, stop);
        await file.CopyToAsync(answer.Body, stop);
        await answer.Body.WriteAsync(tail, stop);
    }
}
