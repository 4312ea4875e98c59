using MedSam2.Server.Hosting;
using MedSam2.Server.Studies;

namespace MedSam2.Server.ImageSessions;

/// <summary>Opens the sessions at start, and removes expired ones every five minutes.</summary>
internal sealed class SessionSweeper(IServiceProvider services, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Resolved here: the archive, whose folder the sessions lie in, is open only now.
        var sessions = services.GetRequiredService<ImageSessionStore>();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(5), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            sessions.Sweep();
    }
}
