namespace MedSam2.Server.Sessions.Grains;

/// <summary>
/// The silo's host lives and dies with the server. By itself a host listens for Ctrl+C, too, and one that hears it while it starts breaks its
/// start off with a page of errors.
/// </summary>
internal sealed class OwnersLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
