using System.Net;

namespace MedSam2.Studies.DicomWebClient.Http;

/// <summary>Puts an answer's status into words.</summary>
internal static class AnswerStatus
{
    /// <summary>Statuses that say: not in this form. Some servers answer 400 or 500-like 501 to a form they do not know.</summary>
    public static bool IsOtherForm(HttpStatusCode status) => status is HttpStatusCode.NotAcceptable or HttpStatusCode.UnsupportedMediaType
        or HttpStatusCode.BadRequest or HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed;

    public static ArchiveException Fault(HttpResponseMessage response, string what)
    {
        var status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new(ArchiveFault.NotFound, $"The archive has no such {what}. Search for it, or store it there first."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(ArchiveFault.LoginRefused,
                $"The archive refuses this server's login (status {status}). Check the login in the settings of the archive."),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => new(ArchiveFault.Busy, $"The archive is busy (status {status}). Try again later."),
            HttpStatusCode.BadGateway => new(ArchiveFault.Unreachable, "The archive cannot be reached (status 502 of the server before it). Check that it runs; then try again."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout => new(ArchiveFault.TimedOut, $"The archive took too long (status {status}). Try again later."),
            HttpStatusCode.RequestEntityTooLarge => new(ArchiveFault.TooLarge, "The archive does not take a request of this size. Raise its limit."),
            HttpStatusCode.InsufficientStorage => new(ArchiveFault.Failed, "The archive's disk is full. Free some space there; then try again."),
            _ when IsOtherForm(response.StatusCode) => new(ArchiveFault.NoSuitableForm, $"The archive cannot give the {what} in a form that is read here (status {status})."),
            _ => new(ArchiveFault.Failed, $"The archive failed with status {status}. Its log may tell why; then try again."),
        };
    }
}
