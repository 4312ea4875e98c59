#nullable enable

using System.Buffers;
using System.Buffers.Binary;

namespace FellowOakDicom.Imaging.Codec;

/// <summary>RLE of PS3.5 annex G: a header of offsets, then each byte of each sample as a segment of runs and literals.</summary>
internal static class RunLengthCodec
{
    private const int HeaderSize = 64;
    private const int MaximumSegments = 15;
    private const int MaximumRun = 128;

    /// <exception cref="DicomCodecException">The segments are not those of the layout, or hold too much or too little.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> data, FrameLayout layout)
    {
        if (data.Length < HeaderSize)
            throw new DicomCodecException("The RLE frame is shorter than its header.");
        var segments = BinaryPrimitives.ReadInt32LittleEndian(data);
        if (segments != layout.Segments || segments > MaximumSegments)
            throw new DicomCodecException($"The RLE frame has {segments} segments, but its samples need {layout.Segments}.");
        if ((long)data.Length * MaximumRun < layout.Size)
            throw new DicomCodecException($"An RLE frame of {data.Length} bytes cannot hold {layout.Size} bytes of pixels.");
        var frame = new byte[layout.Size];
        for (var segment = 0; segment < segments; segment++)
        {
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + (4 * segment))..]);
            var end = segment + 1 < segments ? BinaryPrimitives.ReadUInt32LittleEndian(data[(8 + (4 * segment))..]) : (uint)data.Length;
            if (offset < HeaderSize || offset > end || end > data.Length)
                throw new DicomCodecException($"RLE segment {segment} lies outside of its frame.");
            var (start, step) = layout.Segment(segment);
            DecodeSegment(data[(int)offset..(int)end], frame, start, step, layout.Pixels);
        }

        return frame;
    }

    /// <exception cref="DicomCodecException">The frame is shorter than its layout, or has more than 15 bytes a pixel.</exception>
    public static byte[] Encode(ReadOnlySpan<byte> frame, FrameLayout layout)
    {
        if (layout.Segments > MaximumSegments)
            throw new DicomCodecException($"RLE has at most {MaximumSegments} segments, but the samples need {layout.Segments}.");
        if (frame.Length < (long)layout.Pixels * layout.Segments)
            throw new DicomCodecException($"The frame of {frame.Length} bytes is shorter than its {layout.Pixels} pixels.");
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[HeaderSize]);
        var offsets = new int[layout.Segments];
        var plane = new byte[layout.Pixels];
        for (var segment = 0; segment < offsets.Length; segment++)
        {
            offsets[segment] = output.WrittenCount;
            var (position, step) = layout.Segment(segment);
            for (var i = 0; i < plane.Length; i++, position += step)
                plane[i] = frame[position];
            EncodeSegment(plane, output);
            if (output.WrittenCount % 2 == 1)
                output.Write("\0"u8);
        }

        var encoded = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(encoded, offsets.Length);
        for (var segment = 0; segment < offsets.Length; segment++)
            BinaryPrimitives.WriteInt32LittleEndian(encoded.AsSpan(4 + (4 * segment)), offsets[segment]);
        return encoded;
    }

    private static void DecodeSegment(ReadOnlySpan<byte> runs, Span<byte> frame, int position, int step, int pixels)
    {
        var missing = pixels;
        for (var i = 0; i < runs.Length && missing > 0;)
        {
            var control = (sbyte)runs[i++];
            if (control == -128)
                continue;
            var length = Math.Abs((int)control) + 1;
            var isLiteral = control >= 0;
            if (i + (isLiteral ? length : 1) > runs.Length)
                throw new DicomCodecException("An RLE run exceeds its segment.");
            if (length > missing)
                throw new DicomCodecException("An RLE run exceeds its frame.");
            for (var n = 0; n < length; n++, position += step)
                frame[position] = runs[isLiteral ? i + n : i];
            i += isLiteral ? length : 1;
            missing -= length;
        }

        if (missing > 0)
            throw new DicomCodecException($"An RLE segment lacks {missing} of {pixels} pixels.");
    }

    private static void EncodeSegment(ReadOnlySpan<byte> plane, ArrayBufferWriter<byte> output)
    {
        var literal = 0;
        var i = 0;
        while (i < plane.Length)
        {
            var run = plane[i..].IndexOfAnyExcept(plane[i]);
            run = Math.Min(run < 0 ? plane.Length - i : run, MaximumRun);
            if (run < 3)
            {
                i += run;
                continue;
            }

            WriteLiterals(plane[literal..i], output);
            output.Write([(byte)(1 - run), plane[i]]);
            i += run;
            literal = i;
        }

        WriteLiterals(plane[literal..], output);
    }

    private static void WriteLiterals(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> output)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, MaximumRun)..])
        {
            var part = bytes[..Math.Min(bytes.Length, MaximumRun)];
            output.Write([(byte)(part.Length - 1)]);
            output.Write(part);
        }
    }
}
