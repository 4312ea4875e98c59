using System.Security.Claims;
using MedSam2.Server.Errors;
using MedSam2.Server.Hubs;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Auth;

/// <summary>Finds out who sends a request, and refuses it where the route asks for more.</summary>
internal sealed class RoleGuard(IOptions<AuthOptions> options, ApiTokens tokens, Issuer issuer, TrustedNetworks networks)
{
    private const string Scheme = "Bearer ";

    private readonly AuthOptions _options = options.Value;

    /// <summary>The token that a request carries; a web socket, which browsers give no headers, has it in its query.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return header[Scheme.Length..].Trim();
        return request.Path.StartsWithSegments(SegmentationHub.Path) && request.Query["access_token"].ToString() is { Length: > 0 } query ? query : null;
    }

    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        // What is nowhere is 404 for everybody.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            await next(context);
            return;
        }

        var needed = RouteRoles.Of(context.Request.Method, endpoint.RoutePattern.RawText ?? "");
        var token = TokenOf(context.Request);
        context.User = await FindAsync(context, token) ?? new ClaimsPrincipal(new ClaimsIdentity());
        var role = Access.RoleOf(context.User);
        if (token is null && role < needed && networks.Contains(context.Connection.RemoteIpAddress))
            role = AccessRole.User;
        if (role >= needed)
        {
            await next(context);
            return;
        }

        if (context.User.Identity?.IsAuthenticated is true)
            throw Forbidden(needed);
        // Written here, since the error answer is made anew.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.WWWAuthenticate = token is null ? "Bearer" : "Bearer error=\"invalid_token\"";
            return Task.CompletedTask;
        });
        throw new RequestException(
            StatusCodes.Status401Unauthorized,
            token is null ? "This needs a login: send 'Authorization: Bearer TOKEN'." : "The token is not valid, or no longer: log in again.");
    }

    /// <summary>Refuses what a part of a request asks for, beyond its route.</summary>
    /// <exception cref="RequestException">The caller may not.</exception>
    public void Require(ClaimsPrincipal? user, AccessRole needed)
    {
        if (_options.IsEnabled && (user is null || Access.RoleOf(user) < needed))
            throw Forbidden(needed);
    }

    private RequestException Forbidden(AccessRole needed) => new(
        StatusCodes.Status403Forbidden, $"This needs the role {_options.RoleNames.First(known => known.Role == needed).Name}; ask your administrator for it.");

    private async Task<ClaimsPrincipal?> FindAsync(HttpContext context, string? token) =>
        token is null ? null : tokens.Find(token) ?? await issuer.FindAsync(token, context.RequestAborted);
}
