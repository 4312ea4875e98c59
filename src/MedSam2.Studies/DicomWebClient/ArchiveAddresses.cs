namespace MedSam2.Studies.DicomWebClient;

/// <summary>The addresses that may be called: those of the archive, and of the origins that the settings allow besides.</summary>
public sealed class ArchiveAddresses
{
    private readonly HashSet<string> _allowed;
    private readonly string _qido;
    private readonly string _wado;
    private readonly string _stow;

    public ArchiveAddresses(ArchiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Root = new Uri(options.Url.TrimEnd('/') + "/");
        _allowed = [Origin(Root), .. options.AlsoAllowedList.Select(origin => Origin(new Uri(origin)))];
        _qido = Prefix(options.QidoPrefix);
        _wado = Prefix(options.WadoPrefix);
        _stow = Prefix(options.StowPrefix);
    }

    /// <summary>The DICOMweb root, with a slash at its end.</summary>
    public Uri Root { get; }

    /// <summary>The addresses below which the archive serves resources, each with a slash at its end.</summary>
    public IReadOnlyList<string> Roots => [.. new[] { "", _qido, _wado, _stow }.Distinct().Select(prefix => new Uri(Root, prefix).AbsoluteUri)];

    /// <summary>Where a request to a resource goes, or null where the path would leave the archive's root.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="resource">Path below the root, escaped, such as <c>studies/1.2/series</c>.</param>
    /// <param name="query">Escaped, with its question mark, or empty.</param>
    public Uri? PassThrough(string method, string resource, string query)
    {
        if (resource.Split('/').Any(segment => Uri.UnescapeDataString(segment) is var name && (name.StartsWith("..", StringComparison.Ordinal) || name is "." || name.AsSpan().ContainsAny('\\', '\0'))))
            return null;
        var last = resource.TrimEnd('/').Split('/')[^1];
        var prefix = method is "POST" or "PUT" ? _stow : last is "studies" or "series" or "instances" ? _qido : _wado;
        // However an address is written, only what it comes to counts.
        return Uri.TryCreate(Root, $"{prefix}{resource}{query}", out var target)
            && IsArchive(target) && target.AbsolutePath.StartsWith(Root.AbsolutePath, StringComparison.Ordinal) && target.UserInfo is ""
            ? target
            : null;
    }

    public bool IsAllowed(Uri address) => _allowed.Contains(Origin(address)) && address.UserInfo is "";

    /// <summary>Whether the login may be sent there.</summary>
    public bool IsArchive(Uri address) => Origin(address) == Origin(Root);

    /// <param name="resource">Path below the root, escaped already, such as <c>series?Modality=CT</c>.</param>
    internal Uri Qido(string resource) => new(Root, _qido + resource);

    /// <inheritdoc cref="Qido"/>
    internal Uri Wado(string resource) => new(Root, _wado + resource);

    /// <inheritdoc cref="Qido"/>
    internal Uri Stow(string resource) => new(Root, _stow + resource);

    private static string Origin(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped).ToLowerInvariant();

    private static string Prefix(string prefix) => prefix.Trim('/') is { Length: > 0 } path ? path + "/" : "";
}
