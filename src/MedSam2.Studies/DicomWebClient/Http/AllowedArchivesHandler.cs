using System.Net;
using System.Net.Http.Headers;

namespace MedSam2.Studies.DicomWebClient.Http;

/// <summary>
/// Lets requests out to allowed archives only, gives them the login, and follows the archive's redirects of what has no
/// body as far as they stay there.
/// </summary>
internal sealed class AllowedArchivesHandler(ArchiveAddresses addresses, AuthenticationHeaderValue? login, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxRedirects = 5;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Require(request.RequestUri!, "The address is not one of the configured archive");
        for (var redirects = 0; ; redirects++)
        {
            request.Headers.Authorization = addresses.IsArchive(request.RequestUri!) ? login : null;
            var response = await base.SendAsync(request, cancellationToken);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                return response;

            var target = new Uri(request.RequestUri!, location);
            if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
            {
                response.Dispose();
                throw new ArchiveException(ArchiveFault.NotAllowed, $"The archive answers {request.Method} with a redirect, which is not followed. Put the archive's own address in the settings.");
            }

            response.Dispose();
            Require(target, "The archive redirects to another host");
            if (redirects == MaxRedirects)
                throw new ArchiveException(ArchiveFault.BadAnswer, "The archive redirects in circles. Put the address that it redirects to in the settings.");
            request.RequestUri = target;
        }
    }

    internal static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private void Require(Uri target, string what)
    {
        if (!addresses.IsAllowed(target))
            throw new ArchiveException(ArchiveFault.NotAllowed, $"{what} ({target.Scheme}://{target.Authority}), so it is not called. Where that host is right, add it to the setting AlsoAllowed.");
    }
}
