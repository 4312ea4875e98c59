using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Device;

public sealed class DeviceWorkerTests
{
    [Fact]
    public async Task All_work_runs_on_one_thread_in_the_order_of_arrival()
    {
        using var worker = Create();
        List<(int Thread, int Number)> done = [];
        var all = Enumerable.Range(0, 20).Select(n => worker.RunAsync(
            DevicePriority.Click,
            _ =>
            {
                done.Add((Environment.CurrentManagedThreadId, n));
                return n;
            },
            TestContext.Current.CancellationToken)).ToArray();

        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(all));
        Assert.Equal(Enumerable.Range(0, 20), done.Select(entry => entry.Number));
        Assert.Single(done.Select(entry => entry.Thread).Distinct());
        Assert.NotEqual(Environment.CurrentManagedThreadId, done[0].Thread);
    }

    [Fact]
    public async Task A_failure_reaches_its_caller_and_the_worker_goes_on()
    {
        using var worker = Create();
        var failed = worker.RunAsync<int>(DevicePriority.Click, _ => throw new InvalidOperationException("boom"), TestContext.Current.CancellationToken);

        Assert.Equal("boom", (await Assert.ThrowsAsync<InvalidOperationException>(() => failed)).Message);
        Assert.Equal(7, await worker.RunAsync(DevicePriority.Click, _ => 7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Work_given_up_while_it_waits_is_never_begun()
    {
        using var worker = Create();
        using var gate = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var begun = false;
        var first = worker.RunAsync(DevicePriority.Click, _ => Pass(gate, 1), TestContext.Current.CancellationToken);
        var second = worker.RunAsync(DevicePriority.Click, _ => begun = true, stop.Token);
        await stop.CancelAsync();
        gate.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, await first);
        Assert.False(begun);
    }

    [Fact]
    public async Task More_work_than_may_wait_is_refused_as_503()
    {
        using var worker = Create(waiting: 1);
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var first = worker.RunAsync(
            DevicePriority.Click,
            _ =>
            {
                begun.Set();
                return Pass(gate, 1);
            },
            TestContext.Current.CancellationToken);
        begun.Wait(TestContext.Current.CancellationToken);
        var second = worker.RunAsync(DevicePriority.Click, _ => 2, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<DeviceBusyException>(() => worker.RunAsync(DevicePriority.Click, _ => 3, TestContext.Current.CancellationToken));
        Assert.Equal(503, refused.Status);
        gate.Set();
        Assert.Equal(3, await first + await second);
    }

    private static int Pass(ManualResetEventSlim gate, int result)
    {
        gate.Wait(TestContext.Current.CancellationToken);
        return result;
    }

    private static DeviceWorker Create(int waiting = 64) => new(Options.Create(new LimitOptions { Waiting = waiting }), Meters.Device);
}
