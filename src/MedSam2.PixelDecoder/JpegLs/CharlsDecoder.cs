using System.Runtime.InteropServices;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder.JpegLs;

/// <summary>JPEG-LS through CharLS.</summary>
internal static unsafe class CharlsDecoder
{
    private static readonly byte[] EndOfImage = [0xFF, 0xD9];

    public static DecodeAnswer Decode(ReadOnlySpan<byte> code, FrameShape shape)
    {
        nint decoder;
        try
        {
            decoder = CharlsLibrary.Create();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new DecodeException(DecodeStatus.LibraryMissing, $"is JPEG-LS, whose decoder is not installed: apt-get install {CharlsLibrary.DebianPackage}");
        }

        if (decoder == 0)
            throw DecodeException.TooLarge();
        try
        {
            // CharLS 2.4 spends many seconds behind the end of a code that is cut short, unless an end marker stops it.
            byte[] ended = [.. code, .. EndOfImage];
            fixed (byte* source = ended)
            {
                Check(CharlsLibrary.SetSource(decoder, source, (nuint)ended.Length));
                Check(CharlsLibrary.ReadHeader(decoder));
                Check(CharlsLibrary.GetFrameInfo(decoder, out var info));
                Check(CharlsLibrary.GetInterleaveMode(decoder, out var mode));
                DecodeException.RequireShape(shape, info.Width, info.Height, info.ComponentCount, info.BitsPerSample);
                Check(CharlsLibrary.GetDestinationSize(decoder, 0, out var size));
                var bytesPerSample = info.BitsPerSample > 8 ? 2 : 1;
                if (size != (nuint)(shape.SampleCount * bytesPerSample))
                    throw DecodeException.Damaged("holds another number of samples than its own header says");

                var raw = new byte[size];
                fixed (byte* destination = raw)
                    Check(CharlsLibrary.Decode(decoder, destination, size, 0));
                return DecodeAnswer.Of(Store(raw, bytesPerSample, info.BitsPerSample, mode == CharlsLibrary.InterleaveMode.None, shape));
            }
        }
        finally
        {
            CharlsLibrary.Destroy(decoder);
        }
    }

    private static byte[] Store(byte[] raw, int bytesPerSample, int precision, bool planar, FrameShape shape)
    {
        var isStored = (!planar || shape.Samples == 1) && bytesPerSample * 8 == shape.BitsAllocated;
        if (isStored)
            return raw;
        var samples = new DecodedSamples(shape, precision);
        var words = MemoryMarshal.Cast<byte, ushort>(raw);
        var pixels = shape.Columns * shape.Rows;
        for (var n = 0; n < pixels * shape.Samples; n++)
        {
            var index = planar ? ((n % pixels) * shape.Samples) + (n / pixels) : n;
            samples.Set(index, bytesPerSample == 1 ? raw[n] : words[n]);
        }

        return samples.Bytes;
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw DecodeException.Damaged($"breaks the JPEG-LS standard ({Marshal.PtrToStringUTF8(CharlsLibrary.ErrorMessage(error))})");
    }
}
