#nullable enable

namespace FellowOakDicom.IO.Reader;

/// <summary>Which values are large, and what becomes of them.</summary>
internal readonly struct LargeValues(FileReadOption option, int size)
{
    private readonly long _size = size <= 0 ? 64 * 1024 : size;

    public bool AreSkipped(long length) => option == FileReadOption.SkipLargeTags && length >= _size;

    public bool StayInFile(long length) => option is FileReadOption.Default or FileReadOption.ReadLargeOnDemand && length >= _size;
}
