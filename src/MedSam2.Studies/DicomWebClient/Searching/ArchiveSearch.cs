using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using MedSam2.Studies.DicomWebClient.Http;
using MedSam2.Studies.DicomWebClient.Retrieving;
using MedSam2.Studies.Store.Query;

namespace MedSam2.Studies.DicomWebClient.Searching;

/// <summary>QIDO-RS, page after page.</summary>
internal sealed class ArchiveSearch(ArchiveHttp http, ArchiveOptions options)
{
    private const long MaxPageBytes = 256 << 20;

    /// <summary>
    /// Asks on until a page brings nothing new: archives cap pages below the limit asked for without a word, and some
    /// ignore limit or offset.
    /// </summary>
    public async IAsyncEnumerable<JsonElement> FindAsync(StudyQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = query.Level switch { QueryLevel.Study => DicomTags.Study, QueryLevel.Series => DicomTags.Series, _ => DicomTags.Instance };
        var known = new HashSet<string>(StringComparer.Ordinal);
        var offset = query.Offset;
        var wanted = query.Limit ?? int.MaxValue;
        while (known.Count < wanted)
        {
            var limit = Math.Min(options.PageSize, wanted - known.Count);
            var page = await JsonAnswer.GetAsync(http, Address(query, offset, limit), "DICOMweb search (check the setting Url)", MaxPageBytes, cancellationToken);
            var before = known.Count;
            foreach (var match in page)
            {
                var uid = DicomJsonReader.Text(match, key);
                if (uid is "" || known.Count >= wanted || !known.Add(uid))
                    continue;
                if (known.Count > options.MaxResults)
                    throw new ArchiveException(ArchiveFault.TooLarge, $"The search has more than {options.MaxResults} matches. Search for less, or raise the setting MaxResults.");
                yield return match;
            }

            if (known.Count == before)
                yield break;
            offset += page.Count;
        }
    }

    private Uri Address(StudyQuery query, int offset, int limit)
    {
        var resource = new StringBuilder();
        if (query.StudyInstanceUid is { } study)
            resource.Append(CultureInfo.InvariantCulture, $"studies/{Uri.EscapeDataString(study)}/");
        if (query.SeriesInstanceUid is { } series)
            resource.Append(CultureInfo.InvariantCulture, $"series/{Uri.EscapeDataString(series)}/");
        resource.Append(query.Level switch { QueryLevel.Study => "studies", QueryLevel.Series => "series", _ => "instances" });
        resource.Append(CultureInfo.InvariantCulture, $"?limit={limit}&offset={offset}");
        foreach (var filter in query.Filters.Where(filter => filter.Value is not ""))
            resource.Append(CultureInfo.InvariantCulture, $"&{filter.Tag.Group:X4}{filter.Tag.Element:X4}={Uri.EscapeDataString(filter.Value)}");
        foreach (var tag in query.Include)
            resource.Append(CultureInfo.InvariantCulture, $"&includefield={tag.Group:X4}{tag.Element:X4}");
        if (query.IncludeAll)
            resource.Append("&includefield=all");
        return http.Addresses.Qido(resource.ToString());
    }
}
