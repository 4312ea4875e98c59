using System.Buffers.Binary;
using System.Text;

namespace MedSam2.Network.Runtime;

/// <summary>
/// Makes a copy of <c>libLibTorchSharp.so</c> loadable where libstdc++ is older than GCC 13.2 (Debian 12, Ubuntu 22.04).
/// The library was built with GCC 15 and wants exactly one newer symbol, <c>std::ios_base_library_init()</c> at version
/// <c>GLIBCXX_3.4.32</c>, an anchor that does nothing where another object has initialised iostream, as libtorch has.
/// The patch makes that version weak and resolves the symbol to a lone <c>ret</c> of the library itself.
/// </summary>
/// <remarks>ELF-64, little endian (System V ABI, "Object Files"). Every offset is checked: a file that is not as expected is refused.</remarks>
public static class LibstdcxxPatch
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Symbol = "_ZSt21ios_base_library_initv";

    private const uint SectionProgramBits = 1;
    private const uint SectionDynamicSymbols = 11;
    private const uint SectionVersionNeeds = 0x6ffffffe;
    private const ulong FlagExecutable = 4;
    private const ushort WeakVersion = 2;
    private const byte HiddenVisibility = 2;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;

    /// <summary>Patches <paramref name="library"/> in place.</summary>
    /// <returns>False when the library does not want the version, so that nothing had to be done.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a 64-bit ELF library of the expected form.</exception>
    public static bool Apply(Span<byte> library)
    {
        try
        {
            var sections = ReadSections(library);
            if (!WeakenVersion(library, sections))
                return false;
            ResolveSymbol(library, sections);
            return true;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The native library is not a 64-bit ELF file of the expected form.", e);
        }
    }

    private static List<Section> ReadSections(ReadOnlySpan<byte> library)
    {
        if (library.Length < SectionHeaderSize || !library.StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("The native library is not a 64-bit little-endian ELF file.");

        var table = checked((int)U64(library, 0x28));
        var count = U16(library, 0x3C);
        var sections = new List<Section>(count);
        for (var n = 0; n < count; n++)
        {
            var header = library.Slice(checked(table + (n * SectionHeaderSize)), SectionHeaderSize);
            sections.Add(new(
                n,
                U32(header, 4),
                U64(header, 8),
                U64(header, 16),
                checked((int)U64(header, 24)),
                checked((int)U64(header, 32)),
                checked((int)U32(header, 40)),
                checked((int)U32(header, 44))));
        }

        return sections;
    }

    private static bool WeakenVersion(Span<byte> library, List<Section> sections)
    {
        if (sections.Find(s => s.Type == SectionVersionNeeds) is not { } needs)
            return false;

        var names = sections[needs.Link].Offset;
        var found = false;
        var need = needs.Offset;
        for (var n = 0; n < needs.Info; n++)
        {
            int auxiliaries = U16(library, need + 2);
            var auxiliary = checked(need + (int)U32(library, need + 8));
            for (var m = 0; m < auxiliaries; m++)
            {
                if (IsName(library, checked(names + (int)U32(library, auxiliary + 8)), Version))
                {
                    var flags = library.Slice(auxiliary + 4, 2);
                    BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | WeakVersion));
                    found = true;
                }

                auxiliary = checked(auxiliary + (int)U32(library, auxiliary + 12));
            }

            need = checked(need + (int)U32(library, need + 12));
        }

        return found;
    }

    private static void ResolveSymbol(Span<byte> library, List<Section> sections)
    {
        var symbols = sections.Find(s => s.Type == SectionDynamicSymbols) ?? throw new InvalidDataException("The native library has no dynamic symbols.");
        var code = sections.Where(s => s.Type == SectionProgramBits && (s.Flags & FlagExecutable) != 0).MaxBy(s => s.Size)
            ?? throw new InvalidDataException("The native library has no code.");

        var text = library.Slice(code.Offset, code.Size);
        var returnAt = text.IndexOf((ReadOnlySpan<byte>)[0xf3, 0x0f, 0x1e, 0xfa, 0xc3]); // endbr64; ret
        if (returnAt < 0)
            returnAt = text.IndexOf((byte)0xc3);
        if (returnAt < 0)
            throw new InvalidDataException("The native library's code holds no return instruction.");

        var names = sections[symbols.Link].Offset;
        for (var at = symbols.Offset; at + SymbolSize <= symbols.Offset + symbols.Size; at += SymbolSize)
        {
            if (!IsName(library, checked(names + (int)U32(library, at)), Symbol))
                continue;
            library[at + 5] = HiddenVisibility;
            BinaryPrimitives.WriteUInt16LittleEndian(library.Slice(at + 6, 2), checked((ushort)code.Index));
            BinaryPrimitives.WriteUInt64LittleEndian(library.Slice(at + 8, 8), code.Address + (ulong)returnAt);
            return;
        }

        throw new InvalidDataException($"The native library wants {Version}, but not for the one known symbol.");
    }

    private static bool IsName(ReadOnlySpan<byte> library, int at, string name) =>
        library.Length > at + name.Length
        && library[at + name.Length] == 0
        && Encoding.ASCII.GetString(library.Slice(at, name.Length)) == name;

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private sealed record Section(int Index, uint Type, ulong Flags, ulong Address, int Offset, int Size, int Link, int Info);
}
