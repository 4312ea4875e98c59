using System.Globalization;
using System.Text.Json;
using MedSam2.Studies.DicomWebClient.Http;
using MedSam2.Studies.DicomWebClient.Multipart;
using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>WADO-RS: metadata, instances, frames, bulk data.</summary>
internal sealed class ArchiveRetrieval(ArchiveHttp http, ArchiveOptions options)
{
    private const long MaxMetadataBytes = 512 << 20;

    /// <summary>Frames asked for at once, so that an address stays short.</summary>
    private const int FramesAtOnce = 64;

    private readonly AcceptLadder _series = AcceptLadder.Instances(options.TransferSyntaxList);
    private readonly AcceptLadder _instance = AcceptLadder.Instances(options.TransferSyntaxList);
    private readonly AcceptLadder _frames = AcceptLadder.Octets(options.TransferSyntaxList);
    private readonly AcceptLadder _bulk = AcceptLadder.Octets([]);
    private readonly MultipartLimits _limits = MultipartLimits.Default with { MaxPartBytes = options.InstanceBytes };

    public Uri MetadataAddress(InstanceKey key) => http.Addresses.Wado(Resource(key) + "/metadata");

    public Task<IReadOnlyList<JsonElement>> ReadMetadataAsync(InstanceKey key, CancellationToken cancellationToken) =>
        JsonAnswer.GetAsync(http, MetadataAddress(key), What(key), MaxMetadataBytes, cancellationToken);

    /// <summary>Hands over each DICOM file of a series or instance as it arrives.</summary>
    /// <exception cref="ArchiveException">The archive fails, also in the middle.</exception>
    public Task ReadInstancesAsync(InstanceKey key, Func<MultipartPart, Task> onPart, CancellationToken cancellationToken) =>
        ReadPartsAsync(http.Addresses.Wado(Resource(key)), key.SopInstanceUid is null ? _series : _instance, What(key), onPart, cancellationToken);

    /// <summary>Hands over each frame of an instance as it arrives.</summary>
    public async Task ReadFramesAsync(InstanceKey key, int frames, Func<MultipartPart, Task> onPart, CancellationToken cancellationToken)
    {
        foreach (var numbers in Enumerable.Range(1, frames).Chunk(FramesAtOnce))
        {
            var list = string.Join(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)));
            await ReadPartsAsync(http.Addresses.Wado($"{Resource(key)}/frames/{list}"), _frames, "frame", onPart, cancellationToken);
        }
    }

    public async Task<byte[]> ReadBulkDataAsync(Uri address, CancellationToken cancellationToken)
    {
        byte[]? value = null;
        await ReadPartsAsync(address, _bulk, "bulk data", async part =>
        {
            using var memory = new MemoryStream();
            await part.Content.CopyToAsync(memory, cancellationToken);
            value ??= memory.ToArray();
        }, cancellationToken);
        return value ?? throw new ArchiveException(ArchiveFault.BadAnswer, "The archive's answer for bulk data has no content.");
    }

    private async Task ReadPartsAsync(Uri address, AcceptLadder ladder, string what, Func<MultipartPart, Task> onPart, CancellationToken cancellationToken)
    {
        ArchiveException? refusal = null;
        foreach (var rung in ladder.Rungs)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Accept", rung);
            using var response = await http.SendAsync(request, cancellationToken);
            if (AnswerStatus.IsOtherForm(response.StatusCode))
            {
                refusal ??= AnswerStatus.Fault(response, what);
                continue;
            }

            if (!response.IsSuccessStatusCode)
                throw AnswerStatus.Fault(response, what);
            ladder.Took(rung);
            await using var content = await http.ReadAsync(response, cancellationToken);
            await ReadPartsAsync(response, content, onPart, cancellationToken);
            return;
        }

        throw refusal!;
    }

    private async Task ReadPartsAsync(HttpResponseMessage response, Stream content, Func<MultipartPart, Task> onPart, CancellationToken cancellationToken)
    {
        var headers = response.Content.Headers.NonValidated.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var type = SloppyMediaType.Parse(headers.GetValueOrDefault("Content-Type"));
        if (!type.IsMultipart)
        {
            await onPart(new MultipartPart(headers, new LimitedStream(content, options.InstanceBytes)));
            return;
        }

        try
        {
            var reader = new MultipartRelatedReader(content, type["boundary"], _limits);
            while (await reader.ReadPartAsync(cancellationToken) is { } part)
                await onPart(part);
        }
        catch (MultipartFormatException e)
        {
            throw new ArchiveException(ArchiveFault.BadAnswer, $"The archive's answer is damaged: {e.Message} Try again.", e);
        }
    }

    private static string Resource(InstanceKey key)
    {
        var path = $"studies/{key.StudyInstanceUid}";
        if (key.SeriesInstanceUid is { } series)
            path += $"/series/{series}";
        return key.SopInstanceUid is { } instance ? $"{path}/instances/{instance}" : path;
    }

    private static string What(InstanceKey key) => key.SopInstanceUid is not null ? "instance" : key.SeriesInstanceUid is not null ? "series" : "study";
}
