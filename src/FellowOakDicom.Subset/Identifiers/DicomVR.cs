#nullable enable

namespace FellowOakDicom;

/// <summary>A value representation of PS3.5 section 6.2.</summary>
public sealed class DicomVR
{
    public static readonly DicomVR NONE = new("NONE", 0, typeof(object));
    public static readonly DicomVR AE = Text("AE", typeof(string), DicomValidation.ValidateAE);
    public static readonly DicomVR AS = Text("AS", typeof(string), DicomValidation.ValidateAS);
    public static readonly DicomVR AT = new("AT", 4, typeof(DicomTag)) { Is16bitLength = true, SwapSize = 2 };
    public static readonly DicomVR CS = Text("CS", typeof(string), DicomValidation.ValidateCS);
    public static readonly DicomVR DA = Text("DA", typeof(DateTime), DicomValidation.ValidateDA);
    public static readonly DicomVR DS = Text("DS", typeof(decimal), DicomValidation.ValidateDS);
    public static readonly DicomVR DT = Text("DT", typeof(DateTime), DicomValidation.ValidateDT);
    public static readonly DicomVR FD = Number("FD", 8, typeof(double));
    public static readonly DicomVR FL = Number("FL", 4, typeof(float));
    public static readonly DicomVR IS = Text("IS", typeof(int), DicomValidation.ValidateIS);
    public static readonly DicomVR LO = EncodedText("LO", DicomValidation.ValidateLO);
    public static readonly DicomVR LT = EncodedText("LT", DicomValidation.ValidateLT);
    public static readonly DicomVR OB = Other("OB", 1, typeof(byte[]));
    public static readonly DicomVR OD = Other("OD", 8, typeof(double[]));
    public static readonly DicomVR OF = Other("OF", 4, typeof(float[]));
    public static readonly DicomVR OL = Other("OL", 4, typeof(uint[]));
    public static readonly DicomVR OV = Other("OV", 8, typeof(ulong[]));
    public static readonly DicomVR OW = Other("OW", 2, typeof(ushort[]));
    public static readonly DicomVR PN = EncodedText("PN", DicomValidation.ValidatePN);
    public static readonly DicomVR SH = EncodedText("SH", DicomValidation.ValidateSH);
    public static readonly DicomVR SL = Number("SL", 4, typeof(int));
    public static readonly DicomVR SQ = new("SQ", 0, null) { PaddingValue = (byte)' ' };
    public static readonly DicomVR SS = Number("SS", 2, typeof(short));
    public static readonly DicomVR ST = EncodedText("ST", DicomValidation.ValidateST);
    public static readonly DicomVR SV = Other("SV", 8, typeof(long));
    public static readonly DicomVR TM = Text("TM", typeof(DateTime), DicomValidation.ValidateTM);
    public static readonly DicomVR UC = EncodedText("UC", null, shortLength: false);
    public static readonly DicomVR UI = new("UI", 1, typeof(string)) { IsString = true, Is16bitLength = true, Validator = DicomValidation.ValidateUI };
    public static readonly DicomVR UL = Number("UL", 4, typeof(uint));
    public static readonly DicomVR UN = Other("UN", 1, typeof(byte[]));
    public static readonly DicomVR UR = EncodedText("UR", null, shortLength: false);
    public static readonly DicomVR US = Number("US", 2, typeof(ushort));
    public static readonly DicomVR UT = EncodedText("UT", null, shortLength: false);
    public static readonly DicomVR UV = Other("UV", 8, typeof(ulong));

    private static readonly Dictionary<string, DicomVR> ByCode = new DicomVR[]
    {
        NONE, AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, OB, OD, OF, OL, OV, OW, PN, SH, SL, SQ, SS, ST, SV, TM, UC, UI, UL, UN, UR, US, UT, UV,
    }.ToDictionary(vr => vr.Code);

    private static readonly Dictionary<int, DicomVR> ByBytes = ByCode.Values
        .Where(vr => vr.Code.Length == 2)
        .ToDictionary(vr => (vr.Code[0] << 8) | vr.Code[1]);

    private DicomVR(string code, int unitSize, Type? valueType)
    {
        Code = code;
        UnitSize = unitSize;
        SwapSize = unitSize;
        ValueType = valueType;
    }

    public string Code { get; }

    public bool IsString { get; private init; }

    /// <summary>Whether Specific Character Set applies to the value.</summary>
    public bool IsStringEncoded { get; private init; }

    /// <summary>Whether explicit VR writes the length in two bytes.</summary>
    public bool Is16bitLength { get; private init; }

    public byte PaddingValue { get; private init; }

    /// <summary>Bytes of one value; 1 for text.</summary>
    public int UnitSize { get; }

    /// <summary>Bytes that change places together between byte orders: a tag is two words.</summary>
    internal int SwapSize { get; private init; }

    /// <summary>The type of value for which the dictionary prefers this representation.</summary>
    internal Type? ValueType { get; }

    private Action<string>? Validator { get; init; }

    public static DicomVR Parse(string vr) => TryParse(vr, out var result) ? result : throw new DicomDataException($"Unknown VR: '{vr}'");

    public static bool TryParse(string vr, out DicomVR result)
    {
        var known = ByCode.TryGetValue(vr ?? "", out var found);
        result = found ?? NONE;
        return known;
    }

    /// <exception cref="DicomValidationException">The text is no valid single value of this representation.</exception>
    public void ValidateString(string content) => Validator?.Invoke(content);

    public override string ToString() => Code;

    internal static DicomVR? FromBytes(byte first, byte second) => ByBytes.GetValueOrDefault((first << 8) | second);

    private static DicomVR Text(string code, Type valueType, Action<string> validator) =>
        new(code, 1, valueType) { IsString = true, Is16bitLength = true, PaddingValue = (byte)' ', Validator = validator };

    private static DicomVR EncodedText(string code, Action<string>? validator, bool shortLength = true) =>
        new(code, 1, typeof(string)) { IsString = true, IsStringEncoded = true, Is16bitLength = shortLength, PaddingValue = (byte)' ', Validator = validator };

    private static DicomVR Number(string code, int size, Type valueType) => new(code, size, valueType) { Is16bitLength = true };

    private static DicomVR Other(string code, int size, Type valueType) => new(code, size, valueType);
}
