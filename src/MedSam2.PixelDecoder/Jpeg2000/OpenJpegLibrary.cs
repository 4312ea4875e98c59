using System.Runtime.InteropServices;

namespace MedSam2.PixelDecoder.Jpeg2000;

/// <summary>OpenJPEG 2 (openjpeg.h).</summary>
internal static unsafe partial class OpenJpegLibrary
{
    public const string DebianPackage = "libopenjp2-7";

    /// <summary>More than any version's opj_dparameters_t takes; the library fills it in, and nothing here looks inside.</summary>
    public const int ParameterBytes = 32768;

    public static readonly nuint EndOfStream = nuint.MaxValue;

    private const string Name = "libopenjp2.so.7";

    public enum Format
    {
        Codestream = 0,
        Jp2File = 2,
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Image
    {
        public uint X0;
        public uint Y0;
        public uint X1;
        public uint Y1;
        public uint ComponentCount;
        public int ColourSpace;
        public Component* Components;
        public byte* Profile;
        public uint ProfileLength;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Component
    {
        public uint StepX;
        public uint StepY;
        public uint Width;
        public uint Height;
        public uint X0;
        public uint Y0;
        public uint Precision;
        public uint BitsPerPixel;
        public uint Signed;
        public uint DecodedResolutions;
        public uint Factor;
        public int* Data;
        public ushort Alpha;
    }

    [LibraryImport(Name, EntryPoint = "opj_create_decompress")]
    public static partial nint CreateDecoder(Format format);

    [LibraryImport(Name, EntryPoint = "opj_destroy_codec")]
    public static partial void DestroyDecoder(nint decoder);

    [LibraryImport(Name, EntryPoint = "opj_set_default_decoder_parameters")]
    public static partial void SetDefaultParameters(byte* parameters);

    [LibraryImport(Name, EntryPoint = "opj_setup_decoder")]
    public static partial int SetUp(nint decoder, byte* parameters);

    [LibraryImport(Name, EntryPoint = "opj_set_error_handler")]
    public static partial int SetErrorHandler(nint decoder, delegate* unmanaged<byte*, nint, void> handler, nint state);

    [LibraryImport(Name, EntryPoint = "opj_read_header")]
    public static partial int ReadHeader(nint stream, nint decoder, out Image* image);

    [LibraryImport(Name, EntryPoint = "opj_decode")]
    public static partial int Decode(nint decoder, nint stream, Image* image);

    [LibraryImport(Name, EntryPoint = "opj_end_decompress")]
    public static partial int End(nint decoder, nint stream);

    [LibraryImport(Name, EntryPoint = "opj_image_destroy")]
    public static partial void DestroyImage(Image* image);

    [LibraryImport(Name, EntryPoint = "opj_stream_default_create")]
    public static partial nint CreateStream(int isInput);

    [LibraryImport(Name, EntryPoint = "opj_stream_destroy")]
    public static partial void DestroyStream(nint stream);

    [LibraryImport(Name, EntryPoint = "opj_stream_set_user_data")]
    public static partial void SetStreamState(nint stream, nint state, nint free);

    [LibraryImport(Name, EntryPoint = "opj_stream_set_user_data_length")]
    public static partial void SetStreamLength(nint stream, ulong length);

    [LibraryImport(Name, EntryPoint = "opj_stream_set_read_function")]
    public static partial void SetRead(nint stream, delegate* unmanaged<byte*, nuint, nint, nuint> read);

    [LibraryImport(Name, EntryPoint = "opj_stream_set_skip_function")]
    public static partial void SetSkip(nint stream, delegate* unmanaged<long, nint, long> skip);

    [LibraryImport(Name, EntryPoint = "opj_stream_set_seek_function")]
    public static partial void SetSeek(nint stream, delegate* unmanaged<long, nint, int> seek);
}
