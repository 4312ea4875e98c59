using System.Net.Mime;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OpenTelemetry.Metrics;

namespace MedSam2.Server.Observability;

/// <summary>What a monitor asks for: <c>/metrics</c> in Prometheus' format, <c>/health/live</c> and <c>/health/ready</c>.</summary>
/// <remarks>
/// To add a metric: give the feature a meter class of its own beside it (see <see cref="Device.DeviceMeter"/>) that makes its
/// instruments from <see cref="MeterName"/>, register it (as an <see cref="IFeatureMeter"/> where nobody
/// asks for it), and draw it in <c>manifests/grafana</c>. Names and labels never hold
/// anything of a patient, a study or a user.
/// </remarks>
internal static class ObservabilityExtensions
{
    /// <summary>The one meter that all features' instruments belong to.</summary>
    public const string MeterName = "MedSam2";

    // Answers of the network take milliseconds, whole volumes and uploads minutes.
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    public static void AddObservability(this WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks()
            .AddCheck<DeviceCheck>("device")
            .AddCheck<DataFolderCheck>("data");
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections", "System.Runtime")
            .AddView(instrument => instrument.Unit == "s" ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds } : null)
            .AddPrometheusExporter());
    }

    public static void MapObservability(this WebApplication app)
    {
        _ = app.Services.GetServices<IFeatureMeter>().ToList(); // nobody else asks for them
        app.MapPrometheusScrapingEndpoint("/metrics");
        // Live: the process answers. A restart mends nothing that the checks look at, so they say only whether to send work here.
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = (context, _) => context.Response.WriteAsync("live") });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions
        {
            ResponseWriter = (context, report) =>
            {
                context.Response.ContentType = MediaTypeNames.Text.Plain;
                return context.Response.WriteAsync(string.Concat(report.Entries.Select(e => $"{e.Key}: {e.Value.Status} {e.Value.Description}\n")));
            },
        });
    }
}

/// <summary>Instruments that watch a feature without being asked by it.</summary>
internal interface IFeatureMeter;
