using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Auth;

/// <summary>A token of the settings, by its hash.</summary>
/// <param name="User">Whose it is.</param>
/// <param name="Role">What it allows.</param>
/// <param name="Sha256">Of the token's text, upper-case hexadecimal.</param>
internal sealed record ApiToken(string User, AccessRole Role, string Sha256)
{
    private const int Bytes = 32;

    /// <returns>Null where <paramref name="setting"/> is no <c>ROLE:SHA256</c>.</returns>
    public static ApiToken? Parse(string user, string setting) =>
        setting.Split(':', StringSplitOptions.TrimEntries) is [var name, { Length: 2 * Bytes } hash]
        && Enum.TryParse<AccessRole>(name, ignoreCase: true, out var role) && role is not AccessRole.None && Enum.IsDefined(role) && !char.IsDigit(name[0])
        && hash.All(char.IsAsciiHexDigit)
            ? new(user, role, hash.ToUpperInvariant())
            : null;

    /// <summary>A new token that nobody can guess, and its setting.</summary>
    public static (string Token, string Setting) Create(AccessRole role)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        return (token, $"{role.ToString().ToLowerInvariant()}:{Hash(token).ToLowerInvariant()}");
    }

    // A random token of this length needs no slow hash.
    public static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>The tokens of the settings.</summary>
internal sealed class ApiTokens(IOptions<AuthOptions> options)
{
    private readonly Dictionary<string, ApiToken> _byHash = options.Value.Tokens.Select(pair => ApiToken.Parse(pair.Key, pair.Value)!).DistinctBy(token => token.Sha256).ToDictionary(token => token.Sha256);

    /// <returns>Who has this token; null for nobody.</returns>
    public ClaimsPrincipal? Find(string token) =>
        _byHash.TryGetValue(ApiToken.Hash(token), out var known) ? Access.Principal(known.User, known.Role, "token") : null;

    /// <summary>Whether this is the token of that name.</summary>
    public bool Matches(string user, string token) => _byHash.TryGetValue(ApiToken.Hash(token), out var known) && known.User == user;
}
