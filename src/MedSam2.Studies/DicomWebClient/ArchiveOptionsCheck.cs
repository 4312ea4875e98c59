using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient;

/// <summary>Tells every fault of <see cref="ArchiveOptions"/>, each with its mend.</summary>
public static class ArchiveOptionsCheck
{
    /// <param name="options">They are not checked where no archive is configured.</param>
    /// <param name="section">The name of the settings' section, for the messages.</param>
    public static IReadOnlyList<string> Faults(ArchiveOptions options, string section = "Archive")
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.IsConfigured ? [.. Texts(options, section), .. Numbers(options, section)] : [];
    }

    private static IEnumerable<string> Texts(ArchiveOptions options, string section)
    {
        if (!IsWebAddress(options.Url, out var url) || url.Query is not "" || url.Fragment is not "")
            yield return $"{section}:Url is no http or https address without a query: write it like https://pacs.example.org/dicom-web.";
        else if (url.UserInfo is not "")
            yield return $"{section}:Url holds a login: use {section}:UserName and {section}:Password.";
        foreach (var (name, prefix) in new[] { ("QidoPrefix", options.QidoPrefix), ("WadoPrefix", options.WadoPrefix), ("StowPrefix", options.StowPrefix) })
        {
            if (prefix.Split('/').Any(segment => segment is "." or "..") || prefix.AsSpan().ContainsAny("?#%\\:"))
                yield return $"{section}:{name} is no plain path: write it like wado or rs/wado.";
        }

        foreach (var origin in options.AlsoAllowedList)
        {
            if (!IsWebAddress(origin, out var also) || also.PathAndQuery is not "/" || also.UserInfo is not "")
                yield return $"{section}:AlsoAllowed: '{origin}' is no origin: write it like https://cdn.example.org.";
        }

        foreach (var syntax in options.TransferSyntaxList)
        {
            if (syntax is not "*" && !DicomUidText.IsValid(syntax))
                yield return $"{section}:TransferSyntaxes: '{syntax}' is neither a transfer syntax UID nor *.";
        }

        if (options.TransferSyntaxList.Count == 0)
            yield return $"{section}:TransferSyntaxes is empty: name a transfer syntax UID, or * for as stored.";
        if (options.UserName is not "" && options.BearerToken is not "")
            yield return $"{section}: both a user name and a bearer token are given: use one.";
        if (options.UserName.Contains(':', StringComparison.Ordinal))
            yield return $"{section}:UserName holds a colon, which a basic login cannot carry.";
        if (options.BearerToken.AsSpan().ContainsAnyExceptInRange('!', '~'))
            yield return $"{section}:BearerToken holds spaces or other characters that a token cannot have.";
        foreach (var (name, path) in new[] { ("ClientCertificate", options.ClientCertificate), ("CertificateAuthority", options.CertificateAuthority) })
        {
            if (path is not "" && !File.Exists(path))
                yield return $"{section}:{name}: there is no file '{path}'.";
        }
    }

    private static IEnumerable<string> Numbers(ArchiveOptions options, string section) =>
        from number in new (string Name, int Value, int Low, int High)[]
        {
            (nameof(options.Connections), options.Connections, 1, 64),
            (nameof(options.ConnectSeconds), options.ConnectSeconds, 1, 600),
            (nameof(options.AnswerSeconds), options.AnswerSeconds, 1, 3600),
            (nameof(options.StallSeconds), options.StallSeconds, 1, 3600),
            (nameof(options.Retries), options.Retries, 0, 10),
            (nameof(options.RetrySeconds), options.RetrySeconds, 1, 600),
            (nameof(options.PageSize), options.PageSize, 1, 10_000),
            (nameof(options.MaxResults), options.MaxResults, 1, 10_000_000),
            (nameof(options.InstanceMegabytes), options.InstanceMegabytes, 1, 65_536),
            (nameof(options.StoreMegabytes), options.StoreMegabytes, 1, 65_536),
            (nameof(options.CacheMegabytes), options.CacheMegabytes, 0, 16_777_216),
            (nameof(options.CheckSeconds), options.CheckSeconds, 0, 86_400),
            (nameof(options.ResendSeconds), options.ResendSeconds, 1, 86_400),
        }
        where number.Value < number.Low || number.Value > number.High
        select $"{section}:{number.Name} is {number.Value}, but must lie in {number.Low} to {number.High}.";

    private static bool IsWebAddress(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri) && uri.Scheme is "http" or "https" && uri.Host is not "";
}
