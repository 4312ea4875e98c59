using MedSam2.Server.Errors;
using MedSam2.Studies.Store;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace MedSam2.Server.DicomWeb;

/// <summary>Reads the body of a STOW-RS request part by part, without holding more than a buffer of it.</summary>
internal static class StoreBody
{
    private const string Dicom = "application/dicom";
    private const int BufferSize = 1 << 16;

    /// <summary>RFC 2046 allows 70; some senders are less strict.</summary>
    private const int MaxBoundary = 200;

    /// <summary>Hands every DICOM file of the body to the batch.</summary>
    /// <exception cref="RequestException">The body as a whole is no multipart of DICOM files; nothing of it is kept.</exception>
    public static async Task ReadAsync(HttpRequest request, StoreBatch batch, string? study, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            throw RequestException.UnsupportedMedia("The request has no readable Content-Type. Send multipart/related; type=\"application/dicom\"; boundary=...");
        if (type.MediaType.Equals(Dicom, StringComparison.OrdinalIgnoreCase))
        {
            await batch.AddAsync(request.Body, study, cancellationToken);
            return;
        }

        if (!type.MediaType.Equals("multipart/related", StringComparison.OrdinalIgnoreCase))
            throw RequestException.UnsupportedMedia("The Content-Type is neither multipart/related nor application/dicom. Send DICOM files as one of these.");
        var inner = Parameter(type, "type");
        if (inner is { Length: > 0 } && !inner.Equals(Dicom, StringComparison.OrdinalIgnoreCase))
            throw RequestException.UnsupportedMedia("The parts are announced as something else than application/dicom. Send whole DICOM files; metadata and bulk data apart are not taken.");
        if (HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MaxBoundary } boundary)
            throw RequestException.BadRequest("The Content-Type has no usable boundary. Name the boundary between the parts (1 to 200 characters).");

        await ReadPartsAsync(new MultipartReader(boundary, request.Body, BufferSize), batch, study, cancellationToken);
    }

    private static async Task ReadPartsAsync(MultipartReader reader, StoreBatch batch, string? study, CancellationToken cancellationToken)
    {
        var parts = 0;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } part)
            {
                parts++;
                await batch.AddAsync(part.Body, study, cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RequestException.BadRequest("The multipart body is damaged or cut short (is the last boundary there?). Nothing of it was stored; send it again.", e);
        }

        if (parts == 0)
            throw RequestException.BadRequest("The multipart body has no parts. Put one DICOM file in each part.");
    }

    private static string? Parameter(MediaTypeHeaderValue type, string name) =>
        type.Parameters.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } parameter
            ? HeaderUtilities.RemoveQuotes(parameter.Value).Value
            : null;
}
