using MedSam2.Network.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests;

public class ScalarGuardTests
{
    [Fact]
    public void Sums_stay_right_while_the_garbage_collector_is_busy()
    {
        Assert.SkipUnless(TorchRuntime.EnsureLoaded().AreScalarsGuarded, "Scalars are guarded on Linux on x64 alone.");
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            using var a = ones(4, 5);
            using var b = full([4, 5], 2f);
            for (var n = 0; n < 100_000; n++)
            {
                using var sum = a + b;
                Assert.Equal(3f, sum.data<float>()[n % 20]);
            }
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }
}
