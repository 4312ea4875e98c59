using FellowOakDicom;
using MedSam2.PixelDecoder.Protocol;

namespace MedSam2.Studies.Pixels;

/// <summary>Which transfer syntaxes are decoded here, and as what. Those of the DICOM library itself (RLE) are not among them.</summary>
internal static class PixelCodings
{
    private static readonly Dictionary<string, PixelCoding> Known = new()
    {
        ["1.2.840.10008.1.2.4.50"] = PixelCoding.Jpeg,
        ["1.2.840.10008.1.2.4.51"] = PixelCoding.Jpeg,
        ["1.2.840.10008.1.2.4.53"] = PixelCoding.Jpeg, // retired: progressive, 8 and 12 bits
        ["1.2.840.10008.1.2.4.55"] = PixelCoding.Jpeg,
        ["1.2.840.10008.1.2.4.57"] = PixelCoding.Jpeg,
        ["1.2.840.10008.1.2.4.70"] = PixelCoding.Jpeg,
        ["1.2.840.10008.1.2.4.80"] = PixelCoding.JpegLs,
        ["1.2.840.10008.1.2.4.81"] = PixelCoding.JpegLs,
        ["1.2.840.10008.1.2.4.90"] = PixelCoding.Jpeg2000,
        ["1.2.840.10008.1.2.4.91"] = PixelCoding.Jpeg2000,
        ["1.2.840.10008.1.2.4.201"] = PixelCoding.Jpeg2000, // high throughput
        ["1.2.840.10008.1.2.4.202"] = PixelCoding.Jpeg2000,
        ["1.2.840.10008.1.2.4.203"] = PixelCoding.Jpeg2000,
    };

    public static PixelCoding? Of(DicomTransferSyntax syntax) => Known.TryGetValue(syntax.UID.UID, out var coding) ? coding : null;
}
