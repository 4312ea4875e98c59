using System.Buffers.Binary;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.PixelDecoder.Jpeg;

/// <summary>How the samples of a JPEG are coded, by its start-of-frame marker (ITU-T T.81 table B.1).</summary>
internal enum JpegProcess
{
    Baseline = 0xC0,
    Extended = 0xC1,
    Progressive = 0xC2,
    Lossless = 0xC3,
}

/// <summary>One component of a frame header.</summary>
internal readonly record struct JpegComponent(int Id, int Horizontal, int Vertical);

/// <summary>What stands before the first scan: read before anything is allocated.</summary>
internal sealed record JpegHeader(JpegProcess Process, int Precision, int Columns, int Rows, JpegComponent[] Components, CodeColours Colours)
{
    private const byte App0 = 0xE0, App14 = 0xEE;

    /// <exception cref="DecodeException">The markers are damaged, or the process is none that is decoded.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> code)
    {
        var markers = new JpegMarkers(code);
        var colours = CodeColours.AsDeclared;
        while (true)
        {
            var marker = markers.Next(out var segment);
            switch (marker)
            {
                case App0 when segment.StartsWith("JFIF\0"u8):
                    colours = CodeColours.LuminanceChrominance;
                    break;
                case App14 when segment.StartsWith("Adobe"u8) && segment.Length >= 12:
                    colours = segment[11] == 1 ? CodeColours.LuminanceChrominance : CodeColours.RedGreenBlue;
                    break;
                case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC):
                    return ReadFrame(marker, segment, colours);
                case JpegMarkers.StartOfScan or JpegMarkers.EndOfImage:
                    throw DecodeException.Damaged("has no JPEG frame header");
            }
        }
    }

    private static JpegHeader ReadFrame(byte marker, ReadOnlySpan<byte> segment, CodeColours colours)
    {
        if (marker > (byte)JpegProcess.Lossless)
            throw DecodeException.Unsupported($"is of a JPEG process (marker FF{marker:X2}) that no decoder here knows");
        if (segment.Length < 6 || segment[5] is 0 or > 4 || segment.Length < 6 + (3 * segment[5]))
            throw DecodeException.Damaged("has a JPEG frame header that is cut short");
        var components = new JpegComponent[segment[5]];
        for (var n = 0; n < components.Length; n++)
        {
            var entry = segment.Slice(6 + (3 * n), 3);
            components[n] = new(entry[0], entry[1] >> 4, entry[1] & 15);
            if (components[n].Horizontal is 0 or > 4 || components[n].Vertical is 0 or > 4)
                throw DecodeException.Damaged("has a JPEG component of an impossible size");
        }

        return new(
            (JpegProcess)marker,
            segment[0],
            BinaryPrimitives.ReadUInt16BigEndian(segment[3..]),
            BinaryPrimitives.ReadUInt16BigEndian(segment[1..]),
            components,
            components.Length == 3 ? colours : CodeColours.AsDeclared);
    }
}
