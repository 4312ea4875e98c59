using MedSam2.Network.Runtime;
using Xunit;
using static TorchSharp.torch;

namespace MedSam2.Network.Tests;

public class DenormalFlushTests
{
    [Fact]
    public void Numbers_below_the_normal_range_are_zero_while_it_is_open_and_themselves_afterwards()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only libtorch for Linux is asked.");
        using var small = full(64, 1e-30f);

        Assert.True(Product() > 0);
        using (new DenormalFlush())
        {
            using (new DenormalFlush())
                Assert.Equal(0, Product());
            Assert.Equal(0, Product()); // the outer one is still open
        }

        Assert.True(Product() > 0);

        float Product()
        {
            using var denormal = small * 1e-12f;
            using var normal = denormal * 1e20f;
            return normal.sum().item<float>();
        }
    }
}
