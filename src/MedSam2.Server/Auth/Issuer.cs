using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedSam2.Server.Errors;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace MedSam2.Server.Auth;

/// <summary>
/// The OpenID Connect issuer of the settings. Its addresses and keys come from its discovery document, are kept, and are asked
/// for again now and then and when a token is signed by a key that is not known yet.
/// </summary>
internal sealed partial class Issuer : IDisposable
{
    private const long MostAnswerBytes = 1 << 20;

    // Keys that only the issuer has: with one that both know, everybody who may read it could make tokens.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly AuthOptions _options;
    private readonly ILogger<Issuer> _logger;
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = MostAnswerBytes };
    private readonly JsonWebTokenHandler _tokens = new() { MapInboundClaims = false };
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? _configuration;
    private readonly TokenValidationParameters _rules;

    public Issuer(IOptions<AuthOptions> options, ILogger<Issuer> logger)
    {
        (_options, _logger) = (options.Value, logger);
        if (_options.Authority is not "")
        {
            _configuration = new(
                $"{_options.Authority.TrimEnd('/')}/.well-known/openid-configuration",
                new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever(_http) { RequireHttps = !_options.AllowHttp });
        }

        _rules = new TokenValidationParameters
        {
            ConfigurationManager = _configuration,
            ValidAlgorithms = Algorithms,
            ValidateAudience = _options.Audience is not "",
            ValidAudience = _options.Audience,
            NameClaimType = _options.UserClaim,
            AuthenticationType = "oidc",
            ClockSkew = TimeSpan.FromSeconds(60),
        };
    }

    public bool Exists => _configuration is not null;

    /// <returns>Whose token it is, with the role that it gives; null for one that is not valid.</returns>
    /// <exception cref="RequestException">The issuer does not answer, and its keys are not known yet.</exception>
    public async Task<ClaimsPrincipal?> FindAsync(string token, CancellationToken cancellation)
    {
        if (_configuration is null)
            return null;
        await ConfigurationAsync(cancellation);
        var result = await _tokens.ValidateTokenAsync(token, _rules);
        if (!result.IsValid)
        {
            LogRefused(_logger, result.Exception);
            return null;
        }

        var user = new ClaimsPrincipal(result.ClaimsIdentity);
        Access.AddRole(user, _options);
        return user;
    }

    /// <summary>Logs in by name and password.</summary>
    /// <returns>The token and its type; null where the issuer refuses.</returns>
    /// <exception cref="RequestException">The issuer does not answer as it should.</exception>
    public async Task<(string Token, string Type)?> LogInAsync(string user, string password, CancellationToken cancellation)
    {
        var endpoint = (await ConfigurationAsync(cancellation)).TokenEndpoint;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = _options.ClientId,
            ["username"] = user,
            ["password"] = password,
            ["grant_type"] = "password",
        });
        try
        {
            using var answer = await _http.PostAsync(endpoint, form, cancellation);
            if ((int)answer.StatusCode is >= 400 and < 500)
                return null;
            answer.EnsureSuccessStatusCode();
            var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation)) as JsonObject;
            return body?["access_token"]?.GetValue<string>() is { } token ? (token, body["token_type"]?.GetValue<string>() ?? "Bearer") : throw Unavailable(null);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or InvalidOperationException || (exception is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Unavailable(exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<OpenIdConnectConfiguration> ConfigurationAsync(CancellationToken cancellation)
    {
        try
        {
            return await _configuration!.GetConfigurationAsync(cancellation);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or HttpRequestException)
        {
            throw Unavailable(exception);
        }
    }

    private RequestException Unavailable(Exception? cause)
    {
        LogUnavailable(_logger, cause);
        return new(StatusCodes.Status502BadGateway, "The login service does not answer as it should. Try again later, or tell your administrator.", cause);
    }

    [LoggerMessage(EventId = 7001, Level = LogLevel.Warning, Message = "The login service failed")]
    private static partial void LogUnavailable(ILogger logger, Exception? exception);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Information, Message = "A token was refused")]
    private static partial void LogRefused(ILogger logger, Exception cause);
}
