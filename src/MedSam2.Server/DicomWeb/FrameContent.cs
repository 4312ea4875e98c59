using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.Imaging.Codec;
using FellowOakDicom.IO.Buffer;
using MedSam2.Server.Errors;
using MedSam2.Studies.Pixels;
using MedSam2.Studies.Rendering;

namespace MedSam2.Server.DicomWeb;

/// <summary>Frames of one instance, as stored or decoded to little-endian pixels.</summary>
internal sealed class FrameContent(DicomFile file)
{
    /// <summary>Media types of compressed frames (PS3.18 table 8.7.3-5).</summary>
    private static readonly Dictionary<string, string> CompressedTypes = new()
    {
        ["1.2.840.10008.1.2.4.50"] = "image/jpeg",
        ["1.2.840.10008.1.2.4.51"] = "image/jpeg",
        ["1.2.840.10008.1.2.4.57"] = "image/jpeg",
        ["1.2.840.10008.1.2.4.70"] = "image/jpeg",
        ["1.2.840.10008.1.2.4.80"] = "image/jls",
        ["1.2.840.10008.1.2.4.81"] = "image/jls",
        ["1.2.840.10008.1.2.4.90"] = "image/jp2",
        ["1.2.840.10008.1.2.4.91"] = "image/jp2",
        ["1.2.840.10008.1.2.4.201"] = "image/jphc",
        ["1.2.840.10008.1.2.4.202"] = "image/jphc",
        ["1.2.840.10008.1.2.4.203"] = "image/jphc",
        ["1.2.840.10008.1.2.5"] = "image/dicom-rle",
    };

    private const string Octets = "application/octet-stream";

    private static readonly string Plain = DicomTransferSyntax.ExplicitVRLittleEndian.UID.UID;

    private DicomTransferSyntax Syntax => file.Dataset.InternalTransferSyntax;

    /// <summary>The form in which frames go out: the first that the sender takes and that can be made.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public FrameForm Choose(IEnumerable<AcceptedMedia> accepted)
    {
        foreach (var media in accepted)
        {
            if (Syntax.IsEncapsulated)
            {
                var stored = Syntax.UID.UID;
                if (CompressedTypes.TryGetValue(stored, out var type) && (media.Type == type || (media.Type == "image/*" && type.StartsWith("image/", StringComparison.Ordinal))) && (media.TakesStored || media.TransferSyntax == stored))
                    return new(media, type, stored, Decoded: false);
                if (media.Takes(Octets) && (media.TransferSyntax == "*" || media.TransferSyntax == stored))
                    return new(media, Octets, stored, Decoded: false);
            }
            else if (media.Takes(Octets) && (media.TakesStored || media.TransferSyntax == Plain))
            {
                return new(media, Octets, Plain, Decoded: true);
            }

            if (media.Takes(Octets) && (media.TransferSyntax is null || media.TransferSyntax == Plain))
                return new(media, Octets, Plain, Decoded: true);
        }

        throw RequestException.NotAcceptable(
            $"The frames are stored in transfer syntax {Syntax.UID.UID}. Ask for multipart/related; type=\"application/octet-stream\" with transfer-syntax=* (as stored) or without one (decoded).");
    }

    /// <param name="frame">Zero-based.</param>
    /// <param name="decoded">Whether compressed frames are to be decoded.</param>
    /// <exception cref="RequestException">The frame is damaged, or there is no decoder.</exception>
    public IByteBuffer Read(int frame, bool decoded)
    {
        try
        {
            if (FrameDecoder.Handles(Syntax))
                return new MemoryByteBuffer(decoded ? FrameDecoder.Shared.Decode(file.Dataset, frame).Pixels : FrameDecoder.Shared.ReadCode(file.Dataset, frame));
            if (Syntax.IsEncapsulated && decoded)
                return new DicomTranscoder(Syntax, DicomTransferSyntax.ExplicitVRLittleEndian).DecodeFrame(file.Dataset, frame);
            var pixels = DicomPixelData.Create(file.Dataset);
            if (Syntax.IsEncapsulated)
                return pixels.GetFrame(frame);
            RequireStored(pixels, frame);
            return pixels.BitsAllocated == 1 ? new MemoryByteBuffer(SingleBitFrame.ReadPacked(file.Dataset, frame, out _, out _)) : pixels.GetFrame(frame);
        }
        catch (Exception e) when (PixelFault.Is(e))
        {
            throw RequestException.NotAcceptable($"Frame {frame + 1} is stored in transfer syntax {Syntax.UID.UID} and could not be decoded. Ask for transfer-syntax=* to have it as it is.", e);
        }
    }

    private void RequireStored(DicomPixelData pixels, int frame)
    {
        var bits = pixels.BitsAllocated == 1 ? (long)pixels.Width * pixels.Height : pixels.UncompressedFrameSize * 8L;
        // Fragments under a transfer syntax that has none are no element: nothing can be cut out of them.
        if (file.Dataset.GetDicomItem<DicomElement>(DicomTag.PixelData) is not { } element || element.Buffer.Size * 8 < bits * (frame + 1L))
            throw RequestException.NotFound($"The instance claims frame {frame + 1}, but its pixel data end before it. Store the whole instance again.");
    }
}

/// <summary>How frames go out.</summary>
/// <param name="Media">The entry of the Accept header that asked for it.</param>
/// <param name="Type">Media type of a frame.</param>
/// <param name="TransferSyntax">What its bytes are.</param>
/// <param name="Decoded">Whether compressed frames are decoded first.</param>
internal readonly record struct FrameForm(AcceptedMedia Media, string Type, string TransferSyntax, bool Decoded)
{
    public string PartType => $"{Type}; transfer-syntax={TransferSyntax}";
}
