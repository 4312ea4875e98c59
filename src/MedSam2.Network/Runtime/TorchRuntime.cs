using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Loads TorchSharp's native bridge before anything uses a tensor. The plain load is tried first; only where the system's
/// libstdc++ is too old for it, a patched copy (<see cref="LibstdcxxPatch"/>) is loaded from a folder that belongs to the user alone.
/// </summary>
/// <remarks>Safe to call from any thread, any number of times. Assemblies that make tensors link <c>build/LoadTorch.cs</c>, which calls it.</remarks>
public static partial class TorchRuntime
{
    private const string Bridge = "libLibTorchSharp.so";

    private static readonly Lazy<TorchLoad> Loading = new(Load);

    /// <summary>How the bridge was loaded.</summary>
    /// <exception cref="DllNotFoundException">Neither way worked; the message says why.</exception>
    public static TorchLoad EnsureLoaded() => Loading.Value;

    private static TorchLoad Load()
    {
        var loaded = LoadBridge();
        Nnpack.TurnOff();
        return loaded;
    }

    private static TorchLoad LoadBridge()
    {
        if (!OperatingSystem.IsLinux())
            return new(IsPatched: false, AreScalarsGuarded: false); // The bridge for Windows and macOS loads as it is, by TorchSharp itself.

        // OpenMP reads this when it is loaded. Threads that spin between forwards starve everything else on a busy machine:
        // a click then took fifty times as long. What the user has set stays.
        SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);

        var folder = FindNativeFolder();
        var bridge = Path.Combine(folder, Bridge);
        if (NativeLibrary.TryLoad(bridge, out var plain))
            return new(IsPatched: false, ScalarGuard.TryInstall(plain));

        var bytes = File.ReadAllBytes(bridge);
        if (!LibstdcxxPatch.Apply(bytes))
        {
            // Not the known fault: let the loader's own message tell.
            return new(IsPatched: false, ScalarGuard.TryInstall(NativeLibrary.Load(bridge)));
        }

        foreach (var name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
            NativeLibrary.Load(Path.Combine(folder, name));
        return new(IsPatched: true, ScalarGuard.TryInstall(LoadPatched(bytes)));
    }

    private static string FindNativeFolder()
    {
        string[] candidates =
        [
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"),
        ];
        return Array.Find(candidates, f => File.Exists(Path.Combine(f, Bridge)))
            ?? throw new DllNotFoundException(
                $"{Bridge} is in none of: {string.Join(", ", candidates)}. TorchSharp exists for linux-x64, win-x64 and osx-arm64; "
                + $"this process is {RuntimeInformation.RuntimeIdentifier}.");
    }

    /// <summary>Loads the patched library from the user's cache, or, where there is none (a service's account has no home), from a folder that goes at once.</summary>
    private static IntPtr LoadPatched(byte[] bytes)
    {
        try
        {
            return NativeLibrary.Load(WriteOnce(bytes));
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            var folder = Directory.CreateTempSubdirectory("medsam2-"); // this user's alone
            try
            {
                var path = Path.Combine(folder.FullName, Bridge);
                File.WriteAllBytes(path, bytes);
                return NativeLibrary.Load(path); // stays in memory without its file
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    /// <summary>Writes the patched library under its content's hash, into a folder only this user can write to.</summary>
    private static string WriteOnce(byte[] bytes)
    {
        var folder = Path.Combine(UserCacheFolder(), "native", Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]);
        if (!OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var path = Path.Combine(folder, Bridge);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
            return path;

        var temporary = Path.Combine(folder, Path.GetRandomFileName());
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true); // atomic: another process never sees half a library
        return path;
    }

    // .NET's own SetEnvironmentVariable does not reach native code.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static string UserCacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length > 0 ? Path.Combine(home, ".cache") : AppContext.BaseDirectory;
        }

        return Path.Combine(cache, "medsam2");
    }
}

/// <summary>How TorchSharp's native bridge got into the process.</summary>
/// <param name="IsPatched">As a patched copy, for a libstdc++ older than GCC 13.2; false: as it is.</param>
/// <param name="AreScalarsGuarded">Whether a garbage collection can no longer free a scalar that an operation is reading.</param>
public sealed record TorchLoad(bool IsPatched, bool AreScalarsGuarded);
