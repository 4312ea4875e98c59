using System.Buffers.Binary;
using System.Text;

namespace MedSam2.Network.Checkpoints.Torch;

/// <summary>
/// The members of a zip archive as torch writes it: stored, never compressed. So each is a plain range of the file that can be
/// read at any place, and there is nothing that could unpack to more than the file.
/// </summary>
internal sealed class StoredZip
{
    private const int EndLength = 22;
    private const int End64Length = 56;
    private const int LocatorLength = 20;
    private const int EntryLength = 46;
    private const int LocalLength = 30;
    private const int LongestComment = ushort.MaxValue;
    private const int MostDirectoryBytes = 64 << 20;

    private readonly CheckpointStream file;
    private readonly Dictionary<string, (long HeaderOffset, long Size)> members = new(StringComparer.Ordinal);

    private StoredZip(CheckpointStream file)
    {
        this.file = file;
    }

    public IEnumerable<string> Names => members.Keys;

    /// <exception cref="InvalidDataException">The archive is damaged, encrypted or compressed.</exception>
    public static StoredZip Read(CheckpointStream file)
    {
        var zip = new StoredZip(file);
        var (count, offset, size) = zip.FindDirectory();
        if (size > MostDirectoryBytes || offset < 0 || size < 0 || offset > file.Length - size)
            throw new InvalidDataException("the zip archive's directory lies outside of the file: it is cut short or damaged");
        var directory = new byte[size];
        file.ReadExactly(offset, directory);
        zip.ReadDirectory(directory, count);
        return zip;
    }

    /// <summary>Where a member's bytes are in the file, or null where there is no such member.</summary>
    public (long Offset, long Size)? Find(string name)
    {
        if (!members.TryGetValue(name, out var member))
            return null;
        Span<byte> local = stackalloc byte[LocalLength];
        if (member.HeaderOffset < 0 || member.HeaderOffset > file.Length - LocalLength)
            throw Outside(name);
        file.ReadExactly(member.HeaderOffset, local);
        if (!local.StartsWith("PK\u0003\u0004"u8))
            throw new InvalidDataException($"the zip member {CheckpointException.Quote(name)} is not where the directory says");
        var offset = member.HeaderOffset + LocalLength + UInt16(local, 26) + UInt16(local, 28);
        return offset <= file.Length - member.Size ? (offset, member.Size) : throw Outside(name);
    }

    private (long Count, long Offset, long Size) FindDirectory()
    {
        var tail = new byte[Math.Min(file.Length, EndLength + LongestComment)];
        var tailStart = file.Length - tail.Length;
        file.ReadExactly(tailStart, tail);
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (!end.StartsWith("PK\u0005\u0006"u8) || EndLength + UInt16(end, 20) != end.Length)
                continue;
            var (count, size, offset) = (UInt16(end, 10), UInt32(end, 12), UInt32(end, 16));
            return count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue
                ? FindDirectory64(tailStart + at)
                : (count, offset, size);
        }

        throw new InvalidDataException("the zip archive has no end: the file is cut short or damaged");
    }

    private (long Count, long Offset, long Size) FindDirectory64(long end)
    {
        Span<byte> locator = stackalloc byte[LocatorLength];
        Span<byte> record = stackalloc byte[End64Length];
        if (end >= LocatorLength)
        {
            file.ReadExactly(end - LocatorLength, locator);
            var at = Int64(locator, 8);
            if (locator.StartsWith("PK\u0006\u0007"u8) && at >= 0 && at <= file.Length - End64Length)
            {
                file.ReadExactly(at, record);
                if (record.StartsWith("PK\u0006\u0006"u8))
                    return (Int64(record, 32), Int64(record, 48), Int64(record, 40));
            }
        }

        throw new InvalidDataException("the zip archive's 64-bit end record is missing");
    }

    private void ReadDirectory(ReadOnlySpan<byte> rest, long count)
    {
        for (var n = 0L; n < count; n++)
        {
            if (rest.Length < EntryLength || !rest.StartsWith("PK\u0001\u0002"u8))
                throw new InvalidDataException($"the zip archive's directory ends after {n} of {count} members");
            var (flags, method) = (UInt16(rest, 8), UInt16(rest, 10));
            var (nameLength, extraLength, commentLength) = (UInt16(rest, 28), UInt16(rest, 30), UInt16(rest, 32));
            var length = EntryLength + nameLength + extraLength + commentLength;
            if (rest.Length < length)
                throw new InvalidDataException($"the zip archive's directory ends after {n} of {count} members");

            var name = Encoding.UTF8.GetString(rest.Slice(EntryLength, nameLength));
            var (packed, size, offset) = ReadSizes(rest[..EntryLength], rest.Slice(EntryLength + nameLength, extraLength));
            if ((flags & 1) != 0 || method != 0 || packed != size || size < 0)
            {
                throw new InvalidDataException(
                    $"the zip member {CheckpointException.Quote(name)} is compressed or encrypted, which torch never does: save it again with torch.save");
            }

            if (!members.TryAdd(name, (offset, size)))
                throw new InvalidDataException($"the zip member {CheckpointException.Quote(name)} occurs twice");
            rest = rest[length..];
        }
    }

    /// <summary>Packed size, size and header offset; each is in the 64-bit extra field where it is all ones in the entry.</summary>
    private static (long Packed, long Size, long Offset) ReadSizes(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        long packed = UInt32(entry, 20), size = UInt32(entry, 24), offset = UInt32(entry, 42);
        while (extra.Length >= 4)
        {
            var (id, length) = (UInt16(extra, 0), UInt16(extra, 2));
            extra = extra[4..];
            if (length > extra.Length)
                break;
            if (id == 1)
            {
                var wide = extra[..length];
                size = Widen(size, ref wide);
                packed = Widen(packed, ref wide);
                offset = Widen(offset, ref wide);
                break;
            }

            extra = extra[length..];
        }

        return (packed, size, offset);
    }

    private static long Widen(long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue || wide.Length < 8)
            return value;
        value = Int64(wide, 0);
        wide = wide[8..];
        return value;
    }

    private static InvalidDataException Outside(string name)
    {
        return new($"the zip member {CheckpointException.Quote(name)} lies outside of the file: it is cut short or damaged");
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Int64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
