using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.Studies.Pixels;

/// <summary>
/// Decoder processes, started when they are first needed and used again for the next frame. One that crashed is replaced.
/// Safe for several threads at once.
/// </summary>
internal sealed class DecoderPool(DecoderLimits limits) : IDisposable
{
    private readonly SemaphoreSlim _places = new(limits.Processes);
    private readonly Stack<DecoderProcess> _idle = [];
    private bool _disposed;

    /// <summary>Those that wait for a frame, the next one first.</summary>
    internal int[] IdleProcesses
    {
        get
        {
            lock (_idle)
                return [.. _idle.Select(process => process.Id)];
        }
    }

    /// <exception cref="DecoderCrashException">The frame ended its decoder.</exception>
    public DecodeAnswer Decode(DecodeRequest request, CancellationToken cancellation)
    {
        _places.Wait(cancellation);
        try
        {
            var process = Take() ?? DecoderProcess.Start(limits);
            var sound = false;
            try
            {
                var answer = process.Decode(request, cancellation);
                sound = true;
                return answer;
            }
            finally
            {
                if (!sound || !TryPutBack(process))
                    process.Dispose();
            }
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        lock (_idle)
        {
            _disposed = true;
            while (_idle.TryPop(out var process))
                process.Dispose();
        }
    }

    /// <summary>One that waits and lives; who killed the others has nothing to do with this frame.</summary>
    private DecoderProcess? Take()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out var process))
            {
                if (process.IsAlive)
                    return process;
                process.Dispose();
            }

            return null;
        }
    }

    private bool TryPutBack(DecoderProcess process)
    {
        lock (_idle)
        {
            if (_disposed)
                return false;
            _idle.Push(process);
            return true;
        }
    }
}
