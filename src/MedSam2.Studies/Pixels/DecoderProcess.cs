using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.Studies.Pixels;

/// <summary>One child process that decodes one frame at a time. It ends by itself when this process does.</summary>
internal sealed class DecoderProcess : IDisposable
{
    private readonly Process _process;
    private readonly DecoderLimits _limits;

    private DecoderProcess(Process process, DecoderLimits limits)
    {
        _process = process;
        _limits = limits;
    }

    public int Id => _process.Id;

    public bool IsAlive => !_process.HasExited;

    /// <exception cref="DecoderCrashException">The program is not there, or cannot be started.</exception>
    public static DecoderProcess Start(DecoderLimits limits)
    {
        var (program, leading) = Program();
        var start = new ProcessStartInfo(program, [
            .. leading,
            limits.ProcessMemory.ToString(CultureInfo.InvariantCulture),
            ((int)Math.Ceiling(limits.ProcessorTime.TotalSeconds)).ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        // Nothing of the server's settings, which may hold secrets, is for a process that hostile bytes may take over.
        var libraries = limits.LibraryFolder ?? Environment.GetEnvironmentVariable("LD_LIBRARY_PATH");
        start.Environment.Clear();
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        if (libraries is not null)
            start.Environment["LD_LIBRARY_PATH"] = libraries;
        try
        {
            return new(Process.Start(start)!, limits);
        }
        catch (Win32Exception e)
        {
            throw new DecoderCrashException($"could not be decoded, for the decoder program {program} did not start: {e.Message}", e);
        }
    }

    /// <exception cref="DecoderCrashException">The process ended before it answered, or took too long.</exception>
    /// <exception cref="OperationCanceledException">The caller no longer waits; the process has been ended.</exception>
    public DecodeAnswer Decode(DecodeRequest request, CancellationToken cancellation)
    {
        using var clock = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        clock.CancelAfter(_limits.WallClock);
        using var stop = clock.Token.Register(Kill);
        try
        {
            DecoderWire.Write(_process.StandardInput.BaseStream, request);
            var answer = DecoderWire.ReadAnswer(_process.StandardOutput.BaseStream, request.Shape);
            // Where the time ran out just now, the process is being ended and must not be used again.
            return stop.Unregister() ? answer : throw new EndOfStreamException();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            Kill();
            cancellation.ThrowIfCancellationRequested();
            throw new DecoderCrashException(clock.IsCancellationRequested
                ? $"was not decoded within {_limits.WallClock.TotalSeconds:0.#} seconds"
                : $"made its decoder {Describe(e)}", e);
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    /// <summary>
    /// The decoder beside this program: an executable of its own where the runtime came along with us, else run by the runtime
    /// that this process runs on, wherever it was installed.
    /// </summary>
    private static (string Program, string[] Leading) Program()
    {
        var decoder = Path.Combine(AppContext.BaseDirectory, "MedSam2.PixelDecoder");
        var runtime = RuntimeEnvironment.GetRuntimeDirectory();
        if (Path.TrimEndingDirectorySeparator(runtime) == Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))
            return (OperatingSystem.IsWindows() ? decoder + ".exe" : decoder, []);
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", name));
        return (File.Exists(host) ? host : name, ["exec", decoder + ".dll"]);
    }

    private string Describe(Exception cause)
    {
        const int unixSignal = 128, cpuTimeSignal = 24;
        if (cause is InvalidDataException)
            return "answer nonsense";
        _process.WaitForExit();
        return _process.ExitCode switch
        {
            unixSignal + cpuTimeSignal => $"use more than {_limits.ProcessorTime.TotalSeconds:0} seconds of processor time",
            > unixSignal and var code => $"crash (signal {code - unixSignal})",
            var code => $"end (exit code {code})",
        };
    }

    private void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
