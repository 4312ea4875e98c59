using Microsoft.Win32.SafeHandles;

namespace MedSam2.Network.Checkpoints;

/// <summary>Reads of a weights file at given places. Plain reads, not a memory map: a file cut short while open is an error here, not a crash.</summary>
internal sealed class CheckpointStream : IDisposable
{
    private readonly SafeFileHandle handle;

    private CheckpointStream(string path, SafeFileHandle handle)
    {
        Path = path;
        this.handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Length { get; }

    public static CheckpointStream Open(string path)
    {
        try
        {
            return new CheckpointStream(path, File.OpenHandle(path, options: FileOptions.RandomAccess));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"the file cannot be opened ({e.Message})", e);
        }
    }

    /// <exception cref="InvalidDataException">The file ends before.</exception>
    public void ReadExactly(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
                throw new InvalidDataException("the file ends too early");
            destination = destination[read..];
            offset += read;
        }
    }

    public void Dispose() => handle.Dispose();
}
