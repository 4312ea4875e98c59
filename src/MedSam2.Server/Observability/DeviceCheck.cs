using MedSam2.Server.Device;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MedSam2.Server.Observability;

/// <summary>Whether the network is loaded; what waits for it is a metric, not a fault.</summary>
internal sealed class DeviceCheck(ModelHost model) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy($"{model.Model.Name} on {model.Model.Device}"));
}
