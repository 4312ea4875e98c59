using System.Runtime.InteropServices;

namespace MedSam2.PixelDecoder.Jpeg2000;

/// <summary>Bytes in memory as OpenJPEG's stream. One at a time, on one thread, at a fixed address.</summary>
internal sealed unsafe class CodeStream : IDisposable
{
    private readonly State* _state;

    public CodeStream(byte* bytes, int length)
    {
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        *_state = new State { Bytes = bytes, Length = length };
        Handle = OpenJpegLibrary.CreateStream(isInput: 1);
        if (Handle == 0)
        {
            NativeMemory.Free(_state);
            throw DecodeException.TooLarge();
        }

        OpenJpegLibrary.SetStreamState(Handle, (nint)_state, 0);
        OpenJpegLibrary.SetStreamLength(Handle, (ulong)length);
        OpenJpegLibrary.SetRead(Handle, &Read);
        OpenJpegLibrary.SetSkip(Handle, &Skip);
        OpenJpegLibrary.SetSeek(Handle, &Seek);
    }

    public nint Handle { get; }

    public void Dispose()
    {
        OpenJpegLibrary.DestroyStream(Handle);
        NativeMemory.Free(_state);
    }

    [UnmanagedCallersOnly]
    private static nuint Read(byte* target, nuint count, nint state)
    {
        var stream = (State*)state;
        var left = stream->Length - stream->Position;
        if (left <= 0)
            return OpenJpegLibrary.EndOfStream;
        var taken = (long)Math.Min(count, (ulong)left);
        Buffer.MemoryCopy(stream->Bytes + stream->Position, target, (ulong)count, (ulong)taken);
        stream->Position += taken;
        return (nuint)taken;
    }

    [UnmanagedCallersOnly]
    private static long Skip(long count, nint state)
    {
        var stream = (State*)state;
        if (count < 0 && stream->Position + count < 0)
            return -1;
        var target = Math.Min(stream->Length, stream->Position + Math.Min(count, stream->Length));
        var skipped = target - stream->Position;
        stream->Position = target;
        return skipped;
    }

    [UnmanagedCallersOnly]
    private static int Seek(long position, nint state)
    {
        var stream = (State*)state;
        if (position < 0 || position > stream->Length)
            return 0;
        stream->Position = position;
        return 1;
    }

    private struct State
    {
        public byte* Bytes;
        public long Length;
        public long Position;
    }
}
