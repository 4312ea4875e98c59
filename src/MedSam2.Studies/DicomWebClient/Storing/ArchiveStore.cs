using System.Net;
using System.Text.Json;
using FellowOakDicom;
using MedSam2.Studies.DicomWebClient.Http;
using MedSam2.Studies.DicomWebClient.Searching;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Studies.DicomWebClient.Storing;

/// <summary>STOW-RS.</summary>
internal sealed class ArchiveStore(ArchiveHttp http, ArchiveSearch search, ArchiveOptions options, TimeProvider time)
{
    private const long MaxAnswerBytes = 64 << 20;
    private const int MaxAtOnce = 500;

    public async Task<IReadOnlyList<SentInstance>> SendAsync(IReadOnlyList<InstanceToSend> instances, CancellationToken cancellationToken)
    {
        var results = new Dictionary<InstanceToSend, SentInstance>(ReferenceEqualityComparer.Instance);
        IReadOnlyList<InstanceToSend> open = instances;
        for (var attempt = 0; open.Count > 0; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(options.RetrySeconds, 1 << Math.Min(attempt - 1, 16))), time, cancellationToken);
            var isAway = false;
            foreach (var batch in Batches(open))
            {
                try
                {
                    foreach (var result in await SendBatchAsync(batch, cancellationToken))
                        results[result.Instance] = result;
                }
                catch (ArchiveException e) when (batch.Count > 1 && (e.Fault is ArchiveFault.TooLarge or ArchiveFault.NoSuitableForm or ArchiveFault.Failed))
                {
                    // One bad instance must not hold up the others.
                    foreach (var single in batch)
                        results[single] = await SendSingleAsync(single, cancellationToken);
                }
                catch (ArchiveException e)
                {
                    // The request itself was repeated already. The other batches would only wait as long for the same.
                    isAway = MayPass(e) && e.Fault != ArchiveFault.Failed;
                    foreach (var instance in isAway ? open.Where(o => !results.TryGetValue(o, out var known) || known is { IsStored: false, MayPass: true }) : batch)
                        results[instance] = new(instance, IsStored: false, MayPass(e), e.Message);
                    if (isAway)
                        break;
                }
            }

            open = isAway || attempt >= options.Retries ? [] : [.. open.Where(instance => results[instance] is { IsStored: false, MayPass: true })];
        }

        return [.. instances.Select(instance => results[instance])];
    }

    private async Task<SentInstance> SendSingleAsync(InstanceToSend instance, CancellationToken cancellationToken)
    {
        try
        {
            return (await SendBatchAsync([instance], cancellationToken))[0];
        }
        catch (ArchiveException e)
        {
            return new(instance, IsStored: false, MayPass(e), e.Message);
        }
    }

    /// <summary>Only what speaks of the instance itself is for good: a wrong address or login is mended in the settings, and the instance is sent then.</summary>
    private static bool MayPass(ArchiveException e) => e.Fault is not (ArchiveFault.NoSuitableForm or ArchiveFault.TooLarge);

    private async Task<IReadOnlyList<SentInstance>> SendBatchAsync(IReadOnlyList<InstanceToSend> batch, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, http.Addresses.Stow("studies")) { Content = new StoreContent(batch) };
        request.Headers.TryAddWithoutValidation("Accept", "application/dicom+json");
        using var response = await http.SendAsync(request, cancellationToken);
        // 409 means that no instance was taken, and 202 that some were not; which and why is in the body, with 200 too for some archives.
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted or HttpStatusCode.NoContent or HttpStatusCode.Conflict))
            throw AnswerStatus.Fault(response, "place for the instances (STOW-RS)");

        var answer = await ReadAnswerAsync(response, cancellationToken);
        var results = new List<SentInstance>(batch.Count);
        foreach (var instance in batch)
            results.Add(answer?.Of(instance) ?? await AskAsync(instance, response.StatusCode, cancellationToken));
        return results;
    }

    /// <summary>
    /// What became of an instance that the answer does not name. Success alone proves nothing: Orthanc on a full disk answers
    /// 200 and names no instance, neither as stored nor as failed. So the archive is asked for it.
    /// </summary>
    private async Task<SentInstance> AskAsync(InstanceToSend instance, HttpStatusCode status, CancellationToken cancellationToken)
    {
        if (status is not (HttpStatusCode.Accepted or HttpStatusCode.Conflict))
        {
            var query = new StudyQuery(QueryLevel.Instance)
            {
                StudyInstanceUid = instance.Key.StudyInstanceUid,
                SeriesInstanceUid = instance.Key.SeriesInstanceUid,
                Filters = [new(DicomTag.SOPInstanceUID, instance.Key.SopInstanceUid!)],
            };
            await foreach (var match in search.FindAsync(query, cancellationToken))
            {
                if (DicomJsonReader.Text(match, DicomTags.Instance) == instance.Key.SopInstanceUid)
                    return new(instance, IsStored: true, MayPass: false, "");
            }
        }

        return new(instance, IsStored: false, MayPass: true,
            $"The archive did not take the instance, and does not say why (status {(int)status}). Its log may tell: a full disk, for instance.");
    }

    private async Task<StoreAnswer?> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var content = await http.ReadAsync(response, cancellationToken);
        using var memory = new MemoryStream();
        await using (var limited = new LimitedStream(content, MaxAnswerBytes))
            await limited.CopyToAsync(memory, cancellationToken);
        try
        {
            memory.Position = 0;
            using var document = await JsonDocument.ParseAsync(memory, cancellationToken: cancellationToken);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() == 1)
                root = root[0];
            return root.ValueKind == JsonValueKind.Object ? StoreAnswer.Read(root) : null;
        }
        catch (JsonException)
        {
            // XML from archives that write nothing else, or no body: the archive is asked about each instance then.
            return null;
        }
    }

    private IEnumerable<IReadOnlyList<InstanceToSend>> Batches(IReadOnlyList<InstanceToSend> instances)
    {
        var (batch, bytes) = (new List<InstanceToSend>(), 0L);
        foreach (var instance in instances)
        {
            if (batch.Count > 0 && (bytes + instance.Length > (long)options.StoreMegabytes << 20 || batch.Count == MaxAtOnce))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(instance);
            bytes += instance.Length;
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
