using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Rendering;

namespace MedSam2.Studies.Series;

/// <summary>Gives the stored bytes of an instance's frames, decoded where they are compressed. Safe for several threads at once.</summary>
internal sealed class FrameReader
{
    private readonly DicomDataset _dataset;
    private readonly PixelFormat _format;

    /// <exception cref="SeriesException">The pixel data are shorter than the header claims.</exception>
    public FrameReader(DicomDataset dataset, PixelFormat format, int frames)
    {
        _dataset = dataset;
        _format = format;
        RequirePlausibleSize(frames);
    }

    private DicomTransferSyntax Syntax => _dataset.InternalTransferSyntax;

    /// <summary>How much larger than its code a picture can be: RLE packs 128 bytes in two, other codecs rarely pass this. A larger claim is a forged header.</summary>
    private long MaxExpansion => Syntax == DicomTransferSyntax.RLELossless ? 64 : 2000;

    /// <summary>Bytes that a fragment may hold in addition: an empty slice of 512 x 512 pixels is about 100 bytes of JPEG-LS.</summary>
    private long MaxEmpty => Syntax == DicomTransferSyntax.RLELossless ? 0 : 2 << 20;

    /// <summary>Copies one frame, little endian, into <paramref name="buffer"/> (at least <c>FrameBytes</c> long).</summary>
    /// <exception cref="SeriesException">The frame cannot be decoded.</exception>
    public void Read(int frame, byte[] buffer)
    {
        try
        {
            if (_format.IsColour)
            {
                ColourFrame.ReadLuminance(_dataset, frame, buffer.AsSpan(0, _format.FrameBytes));
                return;
            }

            if (FrameDecoder.Handles(Syntax))
            {
                FrameDecoder.Shared.Decode(_dataset, frame).Pixels.CopyTo(buffer, 0);
                return;
            }

            var data = Syntax.IsEncapsulated
                ? new DicomTranscoder(Syntax, DicomTransferSyntax.ExplicitVRLittleEndian).DecodeFrame(_dataset, frame)
                : DicomPixelData.Create(_dataset).GetFrame(frame);
            if (data.Size < _format.FrameBytes)
                throw Damaged($"has {data.Size} bytes where {_format.FrameBytes} are needed");
            data.GetByteRange(0, _format.FrameBytes, buffer);
        }
        catch (DicomCodecException e)
        {
            throw new SeriesException(SeriesFault.UnsupportedTransferSyntax,
                $"No decoder for {Syntax.UID.Name} ({Syntax.UID.UID}) could read the pixels. Send the series uncompressed (Explicit VR Little Endian), RLE or deflated.", e);
        }
        catch (Exception e) when (PixelFault.Is(e))
        {
            throw Damaged("cannot be read", e);
        }
    }

    private void RequirePlausibleSize(int frames)
    {
        var claimed = (long)_format.FrameBytes * frames; // of a colour picture its palette's indices, the least that there can be
        var stored = _dataset.GetDicomItem<DicomItem>(DicomTag.PixelData) switch
        {
            DicomFragmentSequence fragments => fragments.Fragments.Sum(f => (f.Size * MaxExpansion) + MaxEmpty),
            DicomElement element => element.Buffer.Size,
            _ => 0,
        };
        if (stored < claimed)
        {
            throw new SeriesException(SeriesFault.DamagedPixels,
                $"The header claims {frames} x {_format.Columns} x {_format.Rows} pixels of {_format.BitsAllocated} bits, but the pixel data are too short for that. Send the whole file.");
        }
    }

    private static SeriesException Damaged(string what, Exception? inner = null) =>
        new(SeriesFault.DamagedPixels, $"A frame's pixel data {what}. Send the instance again.", inner);
}
