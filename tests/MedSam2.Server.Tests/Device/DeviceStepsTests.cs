using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using Microsoft.Extensions.Options;
using Xunit;

namespace MedSam2.Server.Tests.Device;

public sealed class DeviceStepsTests : IDisposable
{
    private readonly DeviceWorker _worker = new(Options.Create(new LimitOptions { Waiting = 8 }), Meters.Device);
    private readonly List<string> _done = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public async Task A_click_in_the_middle_of_a_batch_is_answered_after_the_step_in_hand()
    {
        Task<bool>? click = null;
        await _worker.RunStepsAsync(DevicePriority.Batch, _ => Batch(), Stop);

        Assert.True(await click!);
        Assert.Equal(["batch 0", "batch 1", "batch 2", "click", "batch 3", "batch 4"], _done);

        IEnumerable<int> Batch()
        {
            for (var n = 0; n < 5; n++)
            {
                Note($"batch {n}");
                if (n == 2)
                    click = _worker.RunAsync(DevicePriority.Click, _ => Note("click"), Stop);
                yield return n;
            }
        }
    }

    [Fact]
    public async Task Priorities_go_before_each_other_whatever_the_order_of_arrival()
    {
        await BehindAGateAsync(() => [.. Enum.GetValues<DevicePriority>().Reverse().Select(p => _worker.RunAsync(p, _ => Note(p.ToString()), Stop))]);

        Assert.Equal(["Click", "Propagation", "EncodeAhead", "Batch"], _done);
    }

    [Fact]
    public async Task Owners_take_turns_and_the_work_of_one_stays_in_order()
    {
        object a = new(), b = new();
        await BehindAGateAsync(() =>
        [
            _worker.RunStepsAsync(DevicePriority.Propagation, _ => Steps("a", 3), Stop, a),
            _worker.RunAsync(DevicePriority.Propagation, _ => Note("a, later"), Stop, a),
            _worker.RunStepsAsync(DevicePriority.Propagation, _ => Steps("b", 2), Stop, b),
        ]);

        Assert.Equal(["a 0", "b 0", "a, later", "b 1", "a 1", "a 2"], _done);
    }

    [Fact]
    public async Task Who_stops_reading_stops_the_work_and_its_sequence_is_disposed_on_the_device()
    {
        var disposedOn = 0;
        var device = await _worker.RunAsync(DevicePriority.Click, _ => Environment.CurrentManagedThreadId, Stop);
        await foreach (var n in _worker.StreamAsync(DevicePriority.Propagation, _ => Endless(), cancellation: Stop))
        {
            if (n == 5)
                break;
        }

        Assert.Equal(device, disposedOn);

        IEnumerable<int> Endless()
        {
            try
            {
                for (var n = 0; ; n++)
                    yield return n;
            }
            finally
            {
                disposedOn = Environment.CurrentManagedThreadId;
            }
        }
    }

    [Fact]
    public async Task A_slow_reader_holds_few_elements_and_nobody_else_up()
    {
        var made = 0;
        await using var reader = _worker.StreamAsync(DevicePriority.Propagation, _ => Count(), cancellation: Stop).GetAsyncEnumerator(Stop);
        Assert.True(await reader.MoveNextAsync());

        // The lowest priority has its turn once the sequence waits for its reader, again and again.
        for (var turn = 0; turn < 20; turn++)
            Assert.InRange(await _worker.RunAsync(DevicePriority.Batch, _ => made, Stop), 2, 40);

        for (var n = 1; n < 100; n++)
        {
            Assert.True(await reader.MoveNextAsync());
            Assert.Equal(n, reader.Current);
        }

        IEnumerable<int> Count()
        {
            while (true)
                yield return made++;
        }
    }

    [Fact]
    public async Task A_sequence_that_fails_gives_what_it_had_and_then_its_failure()
    {
        List<int> read = [];
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var n in _worker.StreamAsync(DevicePriority.Propagation, _ => Failing(), cancellation: Stop))
                read.Add(n);
        });

        Assert.Equal("boom", failure.Message);
        Assert.Equal([1], read);

        static IEnumerable<int> Failing()
        {
            yield return 1;
            throw new InvalidOperationException("boom");
        }
    }

    [Fact]
    public async Task A_full_batch_lane_does_not_refuse_a_click()
    {
        await BehindAGateAsync(() =>
        {
            var batch = Enumerable.Range(0, 8).Select(n => (Task)_worker.RunAsync(DevicePriority.Batch, _ => Note("batch"), Stop)).ToList();
            Assert.Throws<DeviceBusyException>(() => { _ = _worker.RunAsync(DevicePriority.Batch, _ => true, Stop); });
            return [.. batch, _worker.RunAsync(DevicePriority.Click, _ => Note("click"), Stop)];
        });

        Assert.Equal("click", _done[0]);
    }

    private async Task BehindAGateAsync(Func<Task[]> queue)
    {
        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var first = _worker.RunAsync(
            DevicePriority.Click,
            _ =>
            {
                begun.Set();
                gate.Wait(Stop);
                return true;
            },
            Stop);
        begun.Wait(Stop);
        var queued = queue();
        gate.Set();
        await first;
        await Task.WhenAll(queued);
    }

    private IEnumerable<int> Steps(string name, int count)
    {
        for (var n = 0; n < count; n++)
        {
            Note($"{name} {n}");
            yield return n;
        }
    }

    private bool Note(string step)
    {
        _done.Add(step);
        return true;
    }
}
