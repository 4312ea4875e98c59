using System.Text;

namespace MedSam2.Server.DicomWeb;

/// <summary>Writes a <c>multipart/related</c> answer part by part.</summary>
internal sealed class MultipartAnswer
{
    private readonly HttpResponse _response;
    private readonly string _boundary = $"part-{Guid.NewGuid():N}";

    /// <param name="response">Not started yet; its content type is set here.</param>
    /// <param name="partType">Media type of the parts, without parameters.</param>
    public MultipartAnswer(HttpResponse response, string partType)
    {
        _response = response;
        _response.ContentType = $"multipart/related; type=\"{partType}\"; boundary=\"{_boundary}\"";
    }

    public int HeaderLength(string contentType) => Header(contentType).Length;

    public int EndLength => End.Length + 2;

    private byte[] End => Encoding.ASCII.GetBytes($"--{_boundary}--\r\n");

    public Task BeginPartAsync(string contentType, CancellationToken cancellationToken) =>
        _response.Body.WriteAsync(Header(contentType), cancellationToken).AsTask();

    public Task EndPartAsync(CancellationToken cancellationToken) => _response.Body.WriteAsync("\r\n"u8.ToArray(), cancellationToken).AsTask();

    public Task EndAsync(CancellationToken cancellationToken) => _response.Body.WriteAsync(End, cancellationToken).AsTask();

    private byte[] Header(string contentType) => Encoding.ASCII.GetBytes($"--{_boundary}\r\nContent-Type: {contentType}\r\n\r\n");
}
