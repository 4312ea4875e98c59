using System.Runtime.InteropServices;

namespace MedSam2.PixelDecoder.JpegLs;

/// <summary>CharLS 2, by its C interface (charls_jpegls_decoder.h).</summary>
internal static unsafe partial class CharlsLibrary
{
    public const string DebianPackage = "libcharls2";

    private const string Name = "libcharls.so.2";

    [StructLayout(LayoutKind.Sequential)]
    public struct FrameInfo
    {
        public uint Width;
        public uint Height;
        public int BitsPerSample;
        public int ComponentCount;
    }

    public enum InterleaveMode
    {
        None = 0,
        Line = 1,
        Sample = 2,
    }

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_create")]
    public static partial nint Create();

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_destroy")]
    public static partial void Destroy(nint decoder);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_set_source_buffer")]
    public static partial int SetSource(nint decoder, byte* source, nuint length);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_read_header")]
    public static partial int ReadHeader(nint decoder);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_get_frame_info")]
    public static partial int GetFrameInfo(nint decoder, out FrameInfo info);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_get_interleave_mode")]
    public static partial int GetInterleaveMode(nint decoder, out InterleaveMode mode);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_get_destination_size")]
    public static partial int GetDestinationSize(nint decoder, uint stride, out nuint size);

    [LibraryImport(Name, EntryPoint = "charls_jpegls_decoder_decode_to_buffer")]
    public static partial int Decode(nint decoder, byte* destination, nuint size, uint stride);

    [LibraryImport(Name, EntryPoint = "charls_get_error_message")]
    public static partial nint ErrorMessage(int error);
}
