using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Auth;

internal static class AuthExtensions
{
    /// <summary>Logins: by tokens of an OpenID Connect issuer, or by those of the settings.</summary>
    public static void AddLogin(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<Issuer>();
        services.AddSingleton<TrustedNetworks>();
        services.AddSingleton<RoleGuard>();
        services.AddSingleton<LoginEndpoints>();
        services.Configure<HubOptions>(hub => hub.AddFilter<HubRoles>());
        services.AddSingleton<HubRoles>();
    }

    /// <summary>Lets in who may come in; nothing where nobody logs in.</summary>
    public static void UseLogin(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.IsEnabled)
            app.Use(app.Services.GetRequiredService<RoleGuard>().HandleAsync);
    }

    /// <summary>MONAI Label's <c>/auth</c>; there is none where nobody logs in, which is how clients find out.</summary>
    public static void MapLogin(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.IsEnabled)
            return;
        app.MapGet("/auth/", (LoginEndpoints login) => login.Describe());
        app.MapPost("/auth/token", (HttpRequest request, LoginEndpoints login, CancellationToken stop) => login.LogInAsync(request, stop));
        app.MapGet("/auth/token/valid", (ClaimsPrincipal user, LoginEndpoints login) => login.Describe(user));
    }
}
