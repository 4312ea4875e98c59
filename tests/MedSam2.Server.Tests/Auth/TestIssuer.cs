using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace MedSam2.Server.Tests.Auth;

/// <summary>An OpenID Connect issuer on this machine, in the shape of Keycloak's, with a real RSA key.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    public const string Password = "correct horse";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly WebApplication _app;

    private TestIssuer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/realm/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = Address,
            authorization_endpoint = $"{Address}/login",
            token_endpoint = $"{Address}/token",
            jwks_uri = $"{Address}/keys",
        }));
        _app.MapGet("/realm/keys", () => Results.Json(new { keys = new[] { PublicKey() } }));
        _app.MapPost("/realm/token", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(TestContext.Current.CancellationToken);
            Assert.Equal(("password", "monailabel-app"), (form["grant_type"].ToString(), form["client_id"].ToString()));
            return form["password"] == Password
                ? Results.Json(new { access_token = Token(form["username"].ToString(), "monailabel-annotator"), token_type = "Bearer", expires_in = 60, refresh_token = "kept back" })
                : Results.Json(new { error = "invalid_grant" }, statusCode: 401);
        });
    }

    public string Address => $"{_app.Urls.First()}/realm";

    public string[] Settings => [$"--MedSam2:Auth:Authority={Address}", "--MedSam2:Auth:AllowHttp=true"];

    public RSA Rsa => _rsa;

    public static async Task<TestIssuer> StartAsync()
    {
        var issuer = new TestIssuer();
        await issuer._app.StartAsync(TestContext.Current.CancellationToken);
        return issuer;
    }

    /// <summary>A token as the issuer gives it.</summary>
    public string Token(string user, params string[] roles) => Token(user, roles, new SigningCredentials(Key(_rsa), SecurityAlgorithms.RsaSha256));

    /// <summary>A token of a stranger, or of another time.</summary>
    public string Token(string user, string[] roles, SigningCredentials? key, DateTime? expires = null, string? issuer = null) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = issuer ?? Address,
        Claims = new Dictionary<string, object>
        {
            ["preferred_username"] = user,
            ["name"] = $"Dr. {user}",
            ["email"] = $"{user}@example.org",
            ["realm_access"] = new Dictionary<string, object> { ["roles"] = roles },
            // What a token says of our own claims means nothing.
            ["medsam2:role"] = "Admin",
        },
        NotBefore = (expires ?? DateTime.UtcNow.AddMinutes(5)).AddHours(-1),
        IssuedAt = (expires ?? DateTime.UtcNow.AddMinutes(5)).AddHours(-1),
        Expires = expires ?? DateTime.UtcNow.AddMinutes(5),
        SigningCredentials = key,
    });

    public static RsaSecurityKey Key(RSA rsa) => new(rsa) { KeyId = "test" };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    private object PublicKey()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return new { kty = "RSA", use = "sig", alg = "RS256", kid = "test", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) };
    }
}
