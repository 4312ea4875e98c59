using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MedSam2.Studies.DicomWebClient.Storing;

/// <summary>The body of a STOW-RS request, read from the files as it is sent, as often as it is sent.</summary>
internal sealed class StoreContent : HttpContent
{
    private readonly IReadOnlyList<InstanceToSend> _instances;
    private readonly byte[] _partHead;
    private readonly byte[] _end;

    public StoreContent(IReadOnlyList<InstanceToSend> instances)
    {
        _instances = instances;
        var boundary = Guid.NewGuid().ToString("N");
        _partHead = Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n");
        _end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        Headers.ContentType = new MediaTypeHeaderValue("multipart/related")
        {
            Parameters = { new NameValueHeaderValue("type", "\"application/dicom\""), new NameValueHeaderValue("boundary", boundary) },
        };
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var instance in _instances)
        {
            await stream.WriteAsync(_partHead, cancellationToken);
            await using var file = new FileStream(instance.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await file.CopyToAsync(stream, 1 << 16, cancellationToken);
        }

        await stream.WriteAsync(_end, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _instances.Sum(instance => _partHead.Length + instance.Length) + _end.Length;
        return true;
    }
}
