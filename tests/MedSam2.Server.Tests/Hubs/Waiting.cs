using Xunit;

namespace MedSam2.Server.Tests.Hubs;

internal static class Waiting
{
    /// <summary>Waits until something that is on its way has arrived.</summary>
    public static async Task ForAsync(Func<bool> hasHappened)
    {
        using var tooLong = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        tooLong.CancelAfter(TimeSpan.FromMinutes(2));
        while (!hasHappened())
            await Task.Delay(20, tooLong.Token);
    }
}
