using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MedSam2.Studies.DicomWebClient;
using MedSam2.TestSupport;
using Xunit;

namespace MedSam2.Studies.Tests.DicomWebClient;

public sealed class ArchiveLoginTests : IDisposable
{
    private readonly TestSupport.TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_goes_as_bearer()
    {
        string? login = null;
        await using var archive = new FakeArchive(context =>
        {
            login = context.Request.Headers["Authorization"];
            return FakeArchive.AnswerAsync(context.Response, 204);
        });
        using var bench = new ArchiveBench(archive.Url, options => (options.UserName, options.Password, options.BearerToken) = ("", "", "t0ken"));
        Assert.Null(await bench.Fetcher.FindAsync("1.2.3", Stop));
        Assert.Equal("Bearer t0ken", login);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_and_the_archive_must_be_from_the_named_authority()
    {
        using var server = Certificate("CN=127.0.0.1");
        using var client = Certificate("CN=medsam2");
        var pfx = _folder.Write("client.p12", client.Export(X509ContentType.Pkcs12, "secret"));
        var authority = _folder.Write("ca.pem", Encoding.ASCII.GetBytes(server.ExportCertificatePem()));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var shown = ServeOnceAsync(listener, server, client);
        var url = $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/dicom-web";

        using (var bench = new ArchiveBench(url, options =>
        {
            options.ClientCertificate = pfx;
            options.ClientCertificatePassword = "secret";
            options.CertificateAuthority = authority;
        }))
        {
            Assert.Null(await bench.Fetcher.FindAsync("1.2.3", Stop));
        }

        Assert.Equal(client.Thumbprint, await shown);

        var refused = ServeOnceAsync(listener, server, client);
        using (var bench = new ArchiveBench(url))
            Assert.Equal(ArchiveFault.LoginRefused, (await Assert.ThrowsAsync<ArchiveException>(() => bench.Fetcher.FindAsync("1.2.3", Stop))).Fault);
        await Assert.ThrowsAnyAsync<Exception>(() => refused);
    }

    [Fact]
    public void A_certificate_that_cannot_be_read_is_told()
    {
        var file = _folder.Write("client.p12", "nonsense"u8);
        Assert.Contains("ClientCertificate", Assert.Throws<ArchiveException>(() => new ArchiveBench("https://127.0.0.1", options => options.ClientCertificate = file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_the_settings_are_told_at_once()
    {
        var options = new ArchiveOptions
        {
            Url = "ftp://x",
            WadoPrefix = "../x",
            AlsoAllowed = "https://a.example/path",
            TransferSyntaxes = "jpeg",
            UserName = "a:b",
            BearerToken = "c d",
            ClientCertificate = "/nowhere",
            Connections = 0,
            PageSize = 0,
        };
        var faults = ArchiveOptionsCheck.Faults(options, "MedSam2:Archive");
        Assert.Equal(10, faults.Count);
        Assert.All(faults, fault => Assert.StartsWith("MedSam2:Archive:", fault.Replace("MedSam2:Archive: both", "MedSam2:Archive:", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Empty(ArchiveOptionsCheck.Faults(new ArchiveOptions { Connections = 0 }));
        Assert.Empty(ArchiveOptionsCheck.Faults(new ArchiveOptions { Url = "https://pacs.example.org/dicom-web" }));
    }

    public void Dispose() => _folder.Dispose();

    private static X509Certificate2 Certificate(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>Answers one request with 204; returns the client certificate's thumbprint.</summary>
    private static async Task<string?> ServeOnceAsync(TcpListener listener, X509Certificate2 certificate, X509Certificate2 trusted)
    {
        using var connection = await listener.AcceptTcpClientAsync(Stop);
        await using var stream = new SslStream(connection.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { trusted }, RevocationMode = X509RevocationMode.NoCheck },
        }, Stop);
        var shown = (stream.RemoteCertificate as X509Certificate2)?.Thumbprint;
        if (await stream.ReadAsync(new byte[4096], Stop) == 0)
            throw new IOException("The client went away.");
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), Stop);
        return shown;
    }
}
