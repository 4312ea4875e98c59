using FellowOakDicom.IO;

namespace FellowOakDicom;

/// <summary>How a dataset is written: byte order, explicit or implicit representations, and the compression of its pixel data.</summary>
public class DicomTransferSyntax : DicomParseable
{
    public static readonly DicomTransferSyntax ImplicitVRLittleEndian = new(DicomUID.ImplicitVRLittleEndian) { IsExplicitVR = false };
    public static readonly DicomTransferSyntax ExplicitVRLittleEndian = new(DicomUID.ExplicitVRLittleEndian);
    public static readonly DicomTransferSyntax ExplicitVRBigEndian = new(DicomUID.ExplicitVRBigEndianRETIRED) { Endian = Endian.Big };
    public static readonly DicomTransferSyntax DeflatedExplicitVRLittleEndian = new(DicomUID.DeflatedExplicitVRLittleEndian) { IsDeflate = true };
    public static readonly DicomTransferSyntax JPEGProcess1 = Lossy(DicomUID.JPEGBaseline8Bit, "ISO_10918_1");
    public static readonly DicomTransferSyntax JPEGProcess2_4 = Lossy(DicomUID.JPEGExtended12Bit, "ISO_10918_1");
    public static readonly DicomTransferSyntax JPEGProcess14 = Encapsulated(DicomUID.JPEGLossless);
    public static readonly DicomTransferSyntax JPEGProcess14SV1 = Encapsulated(DicomUID.JPEGLosslessSV1);
    public static readonly DicomTransferSyntax JPEGLSLossless = Encapsulated(DicomUID.JPEGLSLossless);
    public static readonly DicomTransferSyntax JPEGLSNearLossless = Lossy(DicomUID.JPEGLSNearLossless, "ISO_14495_1");
    public static readonly DicomTransferSyntax JPEG2000Lossless = Encapsulated(DicomUID.JPEG2000Lossless);
    public static readonly DicomTransferSyntax JPEG2000Lossy = Lossy(DicomUID.JPEG2000, "ISO_15444_1");
    public static readonly DicomTransferSyntax HTJ2KLossless = Encapsulated(DicomUID.HTJ2KLossless);
    public static readonly DicomTransferSyntax HTJ2KLosslessRPCL = Encapsulated(DicomUID.HTJ2KLosslessRPCL);
    public static readonly DicomTransferSyntax HTJ2K = Lossy(DicomUID.HTJ2K, "ISO_15444_15");
    public static readonly DicomTransferSyntax RLELossless = Encapsulated(DicomUID.RLELossless);

    /// <summary>What a file without File Meta Information may turn out to be; no registered syntax.</summary>
    internal static readonly DicomTransferSyntax ImplicitVRBigEndian =
        new(new DicomUID(DicomUID.ExplicitVRBigEndianRETIRED.UID + ".123456", "Implicit VR Big Endian", DicomUidType.TransferSyntax)) { IsExplicitVR = false, Endian = Endian.Big };

    private static readonly Dictionary<DicomUID, DicomTransferSyntax> Known = ((DicomTransferSyntax[])
    [
        ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, JPEGProcess1, JPEGProcess2_4, JPEGProcess14, JPEGProcess14SV1,
        JPEGLSLossless, JPEGLSNearLossless, JPEG2000Lossless, JPEG2000Lossy, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K, RLELossless,
        new(DicomUID.JPIPReferenced), new(DicomUID.JPIPReferencedDeflate) { IsDeflate = true }, new(DicomUID.JPIPHTJ2KReferenced), new(DicomUID.JPIPHTJ2KReferencedDeflate) { IsDeflate = true },
        Lossy(DicomUID.JPEG2000MC, "ISO_15444_2"), .. Retired, .. Video,
    ]).ToDictionary(syntax => syntax.UID);

    private DicomTransferSyntax(DicomUID uid) => UID = uid;

    private static IEnumerable<DicomTransferSyntax> Retired => Registered("ISO_10918_1", "52", "53", "54", "55", "56", "59", "60", "61", "62", "63", "64");

    private static IEnumerable<DicomTransferSyntax> Video =>
    [
        .. Registered("ISO_13818_2", "100", "100.1", "101", "101.1"),
        .. Registered("ISO_14496_10", "102", "102.1", "103", "103.1", "104", "104.1", "105", "105.1", "106", "106.1"),
        .. Registered("ISO_23008_2", "107", "108"),
    ];

    public DicomUID UID { get; }

    public bool IsExplicitVR { get; private init; } = true;

    public bool IsEncapsulated { get; private init; }

    public bool IsLossy { get; private init; }

    public string LossyCompressionMethod { get; private init; }

    public bool IsDeflate { get; private init; }

    public Endian Endian { get; private init; } = Endian.Little;

    public static bool operator ==(DicomTransferSyntax a, DicomTransferSyntax b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(DicomTransferSyntax a, DicomTransferSyntax b) => !(a == b);

    /// <summary>The syntax of a UID; one that nobody knows is taken for encapsulated, explicit, little endian.</summary>
    /// <exception cref="DicomDataException">The UID is known as something else.</exception>
    public static DicomTransferSyntax Parse(string uid)
    {
        ArgumentNullException.ThrowIfNull(uid);
        return Lookup(DicomUID.Parse(uid, type: DicomUidType.TransferSyntax));
    }

    /// <exception cref="DicomDataException">The UID is not one of a transfer syntax.</exception>
    public static DicomTransferSyntax Lookup(DicomUID uid)
    {
        ArgumentNullException.ThrowIfNull(uid);
        if (Known.TryGetValue(uid, out var syntax))
            return syntax;
        return uid.Type == DicomUidType.TransferSyntax ? Encapsulated(uid) : throw new DicomDataException($"UID: {uid} is not a transfer syntax type.");
    }

    public override bool Equals(object obj) => obj is DicomTransferSyntax other && other.UID == UID;

    public override int GetHashCode() => UID.GetHashCode();

    public override string ToString() => UID.Name;

    private static IEnumerable<DicomTransferSyntax> Registered(string method, params string[] numbers) =>
        numbers.Select(number => Lossy(DicomUID.Parse("1.2.840.10008.1.2.4." + number), method));

    private static DicomTransferSyntax Encapsulated(DicomUID uid) => new(uid) { IsEncapsulated = true };

    private static DicomTransferSyntax Lossy(DicomUID uid, string method) => new(uid) { IsEncapsulated = true, IsLossy = true, LossyCompressionMethod = method };
}
