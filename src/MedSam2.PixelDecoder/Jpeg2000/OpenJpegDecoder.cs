using System.Runtime.InteropServices;
using MedSam2.PixelDecoder.Protocol;
using static MedSam2.PixelDecoder.Jpeg2000.OpenJpegLibrary;

namespace MedSam2.PixelDecoder.Jpeg2000;

/// <summary>JPEG 2000 and its high-throughput form through OpenJPEG, which also undoes the colour transform of the code.</summary>
internal static unsafe class OpenJpegDecoder
{
    private static readonly byte[] Jp2Signature = [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' '];

    [ThreadStatic]
    private static string? _firstError;

    public static DecodeAnswer Decode(ReadOnlyMemory<byte> code, FrameShape shape)
    {
        _firstError = null;
        using var pin = code.Pin();
        try
        {
            using var stream = new CodeStream((byte*)pin.Pointer, code.Length);
            return Decode(stream.Handle, code.Span.StartsWith(Jp2Signature) ? Format.Jp2File : Format.Codestream, shape);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new DecodeException(DecodeStatus.LibraryMissing, $"is JPEG 2000, whose decoder is not installed: apt-get install {DebianPackage}");
        }
    }

    private static DecodeAnswer Decode(nint stream, Format format, FrameShape shape)
    {
        var decoder = CreateDecoder(format);
        if (decoder == 0)
            throw DecodeException.TooLarge();
        Image* image = null;
        try
        {
            _ = SetErrorHandler(decoder, &KeepFirstError, 0);
            SetUp(decoder);
            Check(ReadHeader(stream, decoder, out image) != 0 && image is not null);
            var precision = RequireShape(image, shape);
            Check(OpenJpegLibrary.Decode(decoder, stream, image) != 0);
            // What follows the last tile does not matter: files without an end marker are common.
            _ = End(decoder, stream);
            return DecodeAnswer.Of(Store(image, shape, precision));
        }
        finally
        {
            if (image is not null)
                DestroyImage(image);
            DestroyDecoder(decoder);
        }
    }

    private static void SetUp(nint decoder)
    {
        var parameters = (byte*)NativeMemory.AllocZeroed(ParameterBytes);
        try
        {
            SetDefaultParameters(parameters);
            Check(OpenJpegLibrary.SetUp(decoder, parameters) != 0);
        }
        finally
        {
            NativeMemory.Free(parameters);
        }
    }

    private static int RequireShape(Image* image, FrameShape shape)
    {
        var precision = image->ComponentCount > 0 ? image->Components[0].Precision : 0;
        DecodeException.RequireShape(shape, (long)image->X1 - image->X0, (long)image->Y1 - image->Y0, image->ComponentCount, (int)Math.Min(precision, 99));
        for (var n = 0; n < shape.Samples; n++)
        {
            var component = image->Components[n];
            if (component.StepX != 1 || component.StepY != 1 || component.Precision != precision || component.Signed != image->Components[0].Signed)
                throw DecodeException.Unsupported("holds JPEG 2000 components of different sizes, depths or signs");
        }

        return (int)precision;
    }

    private static byte[] Store(Image* image, FrameShape shape, int precision)
    {
        var samples = new DecodedSamples(shape, precision, image->Components[0].Signed != 0);
        var pixels = shape.Columns * shape.Rows;
        for (var sample = 0; sample < shape.Samples; sample++)
        {
            var component = image->Components[sample];
            if (component.Data is null || component.Width != shape.Columns || component.Height != shape.Rows)
                throw DecodeException.Damaged("ends before its last pixel");
            for (var n = 0; n < pixels; n++)
                samples.Set((n * shape.Samples) + sample, component.Data[n]);
        }

        return samples.Bytes;
    }

    private static void Check(bool succeeded)
    {
        if (!succeeded)
            throw DecodeException.Damaged($"breaks the JPEG 2000 standard ({_firstError ?? "no reason given"})");
    }

    [UnmanagedCallersOnly]
    private static void KeepFirstError(byte* message, nint state) =>
        _firstError ??= Marshal.PtrToStringUTF8((nint)message)?.Trim().TrimEnd('.');
}
