using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Configuration;

internal static class ServerOptionsExtensions
{
    public const string DefaultAddress = "http://127.0.0.1:8000";

    /// <summary>Binds and checks all settings; what they say of addresses, limits and origins goes to ASP.NET.</summary>
    public static void AddServerOptions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<ServerOptions>, ServerOptionsValidator>();
        services.AddSingleton<IValidateOptions<LimitOptions>, RangeValidator>();
        services.AddSingleton<IValidateOptions<InferenceOptions>, RangeValidator>();
        services.AddOptions<ServerOptions>().BindConfiguration(ServerOptions.Section).ValidateOnStart();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddOptions<InferenceOptions>().BindConfiguration(InferenceOptions.Section).ValidateOnStart();

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        if (!NamesAddress(builder.Configuration))
            builder.WebHost.UseUrls(DefaultAddress);
    }

    /// <summary>Refuses bodies beyond the limit of the settings, which Kestrel otherwise has at 30 MB.</summary>
    public static void UseUploadLimit(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<IOptions<LimitOptions>>();
        app.Use((context, next) =>
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = limits.Value.UploadBytes;
            return next(context);
        });
    }

    private static bool NamesAddress(ConfigurationManager configuration) =>
        !string.IsNullOrEmpty(configuration["urls"])
        || !string.IsNullOrEmpty(configuration["http_ports"])
        || !string.IsNullOrEmpty(configuration["https_ports"])
        || configuration.GetSection("Kestrel:Endpoints").GetChildren().Any();
}
