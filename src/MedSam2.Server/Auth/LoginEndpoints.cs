using System.Security.Claims;
using MedSam2.Server.Endpoints.MonaiLabel;
using MedSam2.Server.Errors;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Auth;

/// <summary><c>/auth</c>: how to log in, a login by name and password, and who one is.</summary>
internal sealed class LoginEndpoints(IOptions<AuthOptions> options, ApiTokens tokens, Issuer issuer, UploadReader forms)
{
    private readonly AuthOptions _options = options.Value;

    public IResult Describe() => Results.Json(new { enabled = true, client_id = _options.ClientId, realm = _options.Authority });

    public IResult Describe(ClaimsPrincipal user)
    {
        var name = user.Identity?.Name ?? user.FindFirst("sub")?.Value ?? "";
        return Results.Json(new
        {
            username = name,
            email = user.FindFirst(_options.EmailClaim)?.Value ?? "",
            name = user.FindFirst(_options.NameClaim)?.Value ?? name,
            roles = Access.NamesUpTo(Access.RoleOf(user), _options),
        });
    }

    /// <summary>A form with <c>username</c> and <c>password</c>. With a token of the settings, the password is the token.</summary>
    public async Task<IResult> LogInAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var form = await forms.ReadAsync(request, () => throw RequestException.BadRequest("A login has fields only, no files."), cancellation);
        var (user, password) = (Require(form, "username"), Require(form, "password"));
        if (tokens.Matches(user, password))
            return Token(password, "Bearer");
        return issuer.Exists && await issuer.LogInAsync(user, password, cancellation) is { } given
            ? Token(given.Token, given.Type)
            : throw new RequestException(StatusCodes.Status401Unauthorized, "The login was refused: the name or the password is wrong.");
    }

    // Clients get nothing else of what the issuer answered.
    private static IResult Token(string token, string type) => Results.Json(new { access_token = token, token_type = type });

    private static string Require(Upload form, string field) =>
        form.Field(field) is { Length: > 0 } value ? value : throw new ParameterException($"The form has no '{field}'.", "body", field);
}
