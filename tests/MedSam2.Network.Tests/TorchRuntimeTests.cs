using System.Runtime.InteropServices;
using MedSam2.Network.Runtime;
using TorchSharp;
using Xunit;

namespace MedSam2.Network.Tests;

public partial class TorchRuntimeTests
{
    [Fact]
    public void Tensors_work_on_this_machine()
    {
        TorchRuntime.EnsureLoaded();

        using var two = torch.ones(2).sum();

        Assert.Equal(2f, two.item<float>());
    }

    [Fact]
    public void Waiting_threads_of_openmp_sleep()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The bridge is loaded by us on Linux alone.");

        Assert.Equal("PASSIVE", Marshal.PtrToStringUTF8(GetEnvironment("OMP_WAIT_POLICY")));
    }

    [Fact]
    public void Nnpack_and_its_warnings_can_be_switched_off()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The switch is known by its name on Linux alone.");

        Assert.True(Nnpack.TurnOff());
    }

    [Fact]
    public void Patch_of_a_file_that_is_no_library_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => LibstdcxxPatch.Apply(new byte[100]));
    }

    [Fact]
    public void Patch_of_a_truncated_library_is_refused()
    {
        var bytes = new byte[64];
        "\u007fELF\u0002\u0001"u8.CopyTo(bytes);
        bytes[0x28] = 0xF0; // section table behind the end
        bytes[0x3C] = 5;

        Assert.Throws<InvalidDataException>(() => LibstdcxxPatch.Apply(bytes));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetEnvironment(string name);
}
