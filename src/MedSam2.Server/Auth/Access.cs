using System.Security.Claims;
using System.Text.Json;

namespace MedSam2.Server.Auth;

/// <summary>Who somebody is, and what they may do.</summary>
internal static class Access
{
    /// <summary>The claim that this server itself writes; a token's own of this name is not looked at.</summary>
    private const string RoleClaim = "medsam2:role", Issuer = "medsam2";

    public static AccessRole RoleOf(ClaimsPrincipal user) =>
        user.Claims.Where(claim => claim is { Type: RoleClaim, Issuer: Issuer }).Select(claim => Enum.Parse<AccessRole>(claim.Value)).DefaultIfEmpty(AccessRole.None).Max();

    public static ClaimsPrincipal Principal(string user, AccessRole role, string scheme) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, user), new Claim(RoleClaim, role.ToString(), null, Issuer)], scheme));

    /// <summary>Gives an issuer's user the role that the token's own roles amount to.</summary>
    public static void AddRole(ClaimsPrincipal user, AuthOptions options)
    {
        var held = RolesIn(user, options.RolesClaim);
        var role = options.RoleNames.Where(known => held.Contains(known.Name)).Select(known => known.Role).DefaultIfEmpty(AccessRole.None).Max();
        ((ClaimsIdentity)user.Identity!).AddClaim(new Claim(RoleClaim, role.ToString(), null, Issuer));
    }

    /// <summary>The names of all roles up to one, as clients know them.</summary>
    public static IEnumerable<string> NamesUpTo(AccessRole role, AuthOptions options) => options.RoleNames.Where(known => known.Role <= role).Select(known => known.Name);

    /// <summary>A claim that is a text, a list, or an object with one of them inside.</summary>
    private static HashSet<string> RolesIn(ClaimsPrincipal user, string path)
    {
        var steps = path.Split('#');
        var roles = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in user.FindAll(steps[0]))
        {
            if (steps.Length == 1)
            {
                roles.Add(claim.Value);
                continue;
            }

            try
            {
                using var json = JsonDocument.Parse(claim.Value);
                Collect(json.RootElement, steps.AsSpan(1), roles);
            }
            catch (JsonException)
            {
                // A claim of another shape names no roles.
            }
        }

        return roles;
    }

    private static void Collect(JsonElement element, ReadOnlySpan<string> steps, HashSet<string> roles)
    {
        foreach (var step in steps)
        {
            if (element.ValueKind is not JsonValueKind.Object || !element.TryGetProperty(step, out element))
                return;
        }

        foreach (var role in element.ValueKind is JsonValueKind.Array ? [.. element.EnumerateArray()] : new[] { element })
        {
            if (role.ValueKind is JsonValueKind.String)
                roles.Add(role.GetString()!);
        }
    }
}
