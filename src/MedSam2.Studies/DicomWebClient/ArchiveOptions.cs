namespace MedSam2.Studies.DicomWebClient;

/// <summary>
/// An archive that speaks DICOMweb, how to log in to it, and what its requests may cost. <see cref="ArchiveOptionsCheck"/>
/// tells what is wrong with them.
/// </summary>
public sealed class ArchiveOptions
{
    /// <summary>The DICOMweb root, such as <c>https://pacs.example.org/dicom-web</c>; empty means that there is no archive.</summary>
    public string Url { get; set; } = "";

    /// <summary>Path between the root and <c>/studies</c> for searching; usually empty.</summary>
    public string QidoPrefix { get; set; } = "";

    /// <summary>Path between the root and <c>/studies</c> for retrieving; usually empty.</summary>
    public string WadoPrefix { get; set; } = "";

    /// <summary>Path between the root and <c>/studies</c> for storing; usually empty.</summary>
    public string StowPrefix { get; set; } = "";

    /// <summary>Further origins that the archive may refer to for bulk data, such as <c>https://cdn.example.org</c>, with commas between. They never get the login.</summary>
    public string AlsoAllowed { get; set; } = "";

    /// <summary>Login with name and password (basic).</summary>
    public string UserName { get; set; } = "";

    public string Password { get; set; } = "";

    /// <summary>Login with a token (bearer).</summary>
    public string BearerToken { get; set; } = "";

    /// <summary>Login with a certificate: a PKCS #12 file with its private key.</summary>
    public string ClientCertificate { get; set; } = "";

    public string ClientCertificatePassword { get; set; } = "";

    /// <summary>A PEM file of authorities that the archive's own certificate may come from; empty takes the system's.</summary>
    public string CertificateAuthority { get; set; } = "";

    /// <summary>
    /// Transfer syntaxes to ask for, best first, with commas between; <c>*</c> is as stored. The default asks the archive to
    /// decompress, and takes what is stored where it cannot.
    /// </summary>
    public string TransferSyntaxes { get; set; } = "1.2.840.10008.1.2.1, *";

    /// <summary>Connections to the archive at once (1 to 64).</summary>
    public int Connections { get; set; } = 6;

    /// <summary>Seconds to reach the archive (1 to 600).</summary>
    public int ConnectSeconds { get; set; } = 10;

    /// <summary>Seconds until an answer begins (1 to 3,600); sending has one more for each MiB.</summary>
    public int AnswerSeconds { get; set; } = 100;

    /// <summary>Seconds without a byte after which an answer is given up (1 to 3,600).</summary>
    public int StallSeconds { get; set; } = 30;

    /// <summary>How often a request is sent again where the archive is busy or away (0 to 10).</summary>
    public int Retries { get; set; } = 3;

    /// <summary>Longest time to wait before sending again, in seconds (1 to 600); an archive that asks for more is told to be busy.</summary>
    public int RetrySeconds { get; set; } = 15;

    /// <summary>Results to ask for at once in a search (1 to 10,000).</summary>
    public int PageSize { get; set; } = 500;

    /// <summary>Most results of one search (1 to 10,000,000).</summary>
    public int MaxResults { get; set; } = 100_000;

    /// <summary>Largest instance, in MiB (1 to 65,536).</summary>
    public int InstanceMegabytes { get; set; } = 2048;

    /// <summary>Largest request in which instances are stored, in MiB (1 to 65,536); more are sent in several.</summary>
    public int StoreMegabytes { get; set; } = 64;

    /// <summary>Disk for instances fetched from the archive, in MiB (0 to 16,777,216); the least recently used go first.</summary>
    public int CacheMegabytes { get; set; } = 10_240;

    /// <summary>Seconds for which a series is taken as unchanged before the archive is asked again (0 to 86,400).</summary>
    public int CheckSeconds { get; set; } = 30;

    /// <summary>Seconds between attempts to send what the archive has not taken yet (1 to 86,400).</summary>
    public int ResendSeconds { get; set; } = 30;

    public bool IsConfigured => Url is not "";

    internal IReadOnlyList<string> TransferSyntaxList => Split(TransferSyntaxes);

    internal IReadOnlyList<string> AlsoAllowedList => Split(AlsoAllowed);

    internal long InstanceBytes => (long)InstanceMegabytes << 20;

    // One text, not a list: a list from two configuration sources would be merged entry by entry.
    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
