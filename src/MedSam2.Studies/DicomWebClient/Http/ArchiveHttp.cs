using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MedSam2.Studies.DicomWebClient.Http;

/// <summary>
/// HTTP to the archive: login, allowed hosts, time limits, retries, and as many connections as the settings allow; a
/// request beyond that waits its turn. Every failure is an <see cref="ArchiveException"/>. Safe for any number of threads.
/// </summary>
public sealed class ArchiveHttp : IDisposable
{
    private readonly HttpClient _client;
    private readonly HttpClient _once;
    private readonly X509Certificate2? _certificate;
    private readonly TimeSpan _stall;

    /// <exception cref="ArchiveException">A certificate cannot be read.</exception>
    public ArchiveHttp(ArchiveOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Addresses = new ArchiveAddresses(options);
        _stall = TimeSpan.FromSeconds(options.StallSeconds);
        _certificate = ClientCertificate(options);
        var guarded = new AllowedArchivesHandler(Addresses, Login(options), Sockets(options, _certificate));
        _client = Client(new RetryHandler(options, time ?? TimeProvider.System, guarded));
        _once = Client(new RetryHandler(WithoutRetries(options), time ?? TimeProvider.System, guarded));
    }

    public ArchiveAddresses Addresses { get; }

    /// <summary>Sends a request, and again where that helps, until the answer's headers are here, whatever its status.</summary>
    /// <exception cref="ArchiveException">There is no answer.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(_client, request, cancellationToken);

    /// <summary>Sends a request whose body can be read once only.</summary>
    /// <exception cref="ArchiveException">There is no answer.</exception>
    public Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(_once, request, cancellationToken);

    /// <summary>The body of an answer. Disposing it ends the answer.</summary>
    public async Task<Stream> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        return new StallGuardStream(await response.Content.ReadAsStreamAsync(cancellationToken), _stall, response);
    }

    public void Dispose()
    {
        _client.Dispose();
        _once.Dispose();
        _certificate?.Dispose();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e) when (e.InnerException is ArchiveException cause)
        {
            throw new ArchiveException(cause.Fault, cause.Message, e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new ArchiveException(ArchiveFault.LoginRefused,
                "No safe connection to the archive could be made: one side does not trust the other's certificate. Check the settings CertificateAuthority and ClientCertificate.", e);
        }
        catch (HttpRequestException e)
        {
            throw new ArchiveException(ArchiveFault.Unreachable, $"The archive cannot be reached ({e.HttpRequestError}). Check that it runs, and the setting Url; then try again.", e);
        }
    }

    private static HttpClient Client(HttpMessageHandler handler) => new(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };

    private static ArchiveOptions WithoutRetries(ArchiveOptions options) => new()
    {
        Retries = 0,
        RetrySeconds = options.RetrySeconds,
        AnswerSeconds = options.AnswerSeconds,
    };

    private static SocketsHttpHandler Sockets(ArchiveOptions options, X509Certificate2? certificate)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = options.Connections,
            ConnectTimeout = TimeSpan.FromSeconds(options.ConnectSeconds),
            // An address that a name no longer has must be let go some day.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            MaxResponseHeadersLength = 64,
        };
        if (certificate is not null)
            sockets.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        if (options.CertificateAuthority is not "")
            sockets.SslOptions.CertificateChainPolicy = Trust(options.CertificateAuthority);
        return sockets;
    }

    private static AuthenticationHeaderValue? Login(ArchiveOptions options) => options switch
    {
        { UserName: not "" } => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.UserName}:{options.Password}"))),
        { BearerToken: not "" } => new("Bearer", options.BearerToken),
        _ => null,
    };

    private static X509Certificate2? ClientCertificate(ArchiveOptions options) => options.ClientCertificate is ""
        ? null
        : ReadCertificate("ClientCertificate", () => X509CertificateLoader.LoadPkcs12FromFile(options.ClientCertificate, options.ClientCertificatePassword));

    private static X509ChainPolicy Trust(string path)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        ReadCertificate("CertificateAuthority", () =>
        {
            policy.CustomTrustStore.ImportFromPemFile(path);
            return policy;
        });
        return policy;
    }

    private static T ReadCertificate<T>(string setting, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ArchiveException(ArchiveFault.LoginRefused, $"The certificate of the setting {setting} cannot be read. Check the file, its rights and its password.", e);
        }
    }
}
