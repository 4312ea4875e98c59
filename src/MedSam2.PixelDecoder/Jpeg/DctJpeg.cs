using System.Runtime.CompilerServices;
using JpegLibrary;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>Baseline, extended and progressive JPEG through JpegLibrary.</summary>
internal static class DctJpeg
{
    public static byte[] Decode(ReadOnlyMemory<byte> code, JpegHeader header, FrameShape shape)
    {
        var writer = new BlockWriter(header, shape);
        try
        {
            var decoder = new JpegDecoder();
            decoder.SetInput(code);
            decoder.Identify();
            decoder.SetOutputWriter(writer);
            decoder.Decode();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or OverflowException or NotSupportedException)
        {
            // JpegLibrary fails in many ways on damaged codes, and keeps within its arrays.
            throw DecodeException.Damaged($"breaks the JPEG standard ({e.GetType().Name})");
        }

        return writer.Finish();
    }

    /// <summary>Takes blocks of 8 x 8 samples, which may reach beyond the picture's edge.</summary>
    private sealed class BlockWriter(JpegHeader header, FrameShape shape) : JpegBlockOutputWriter
    {
        private readonly DecodedSamples _samples = new(shape, header.Precision);
        private readonly int _highest = (1 << header.Precision) - 1;
        private long _written;

        public override void WriteBlock(ref short blockRef, int componentIndex, int x, int y)
        {
            var (width, height) = (Math.Min(8, shape.Columns - x), Math.Min(8, shape.Rows - y));
            if (componentIndex >= shape.Samples || width <= 0 || height <= 0)
                return;
            for (var row = 0; row < height; row++)
            {
                var index = (((((y + row) * shape.Columns) + x) * shape.Samples) + componentIndex);
                for (var column = 0; column < width; column++, index += shape.Samples)
                    _samples.Set(index, Math.Clamp(Unsafe.Add(ref blockRef, (row * 8) + column), 0, _highest));
            }

            _written += width * height;
        }

        /// <exception cref="DecodeException">Blocks are missing.</exception>
        public byte[] Finish() => _written >= shape.SampleCount ? _samples.Bytes : throw DecodeException.Damaged("ends before its last pixel");
    }
}
