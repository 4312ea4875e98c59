namespace FellowOakDicom.Imaging;

/// <summary>What the samples of a pixel mean (PS3.3 section C.7.6.3.1.2).</summary>
public class PhotometricInterpretation : DicomParseable
{
    public static readonly PhotometricInterpretation Monochrome1 = new("MONOCHROME1");
    public static readonly PhotometricInterpretation Monochrome2 = new("MONOCHROME2");
    public static readonly PhotometricInterpretation PaletteColor = new("PALETTE COLOR") { IsColor = true, IsPalette = true };
    public static readonly PhotometricInterpretation Rgb = new("RGB") { IsColor = true };
    public static readonly PhotometricInterpretation YbrFull = Ybr("YBR_FULL");
    public static readonly PhotometricInterpretation YbrFull422 = Ybr("YBR_FULL_422");
    public static readonly PhotometricInterpretation YbrPartial422 = Ybr("YBR_PARTIAL_422");
    public static readonly PhotometricInterpretation YbrPartial420 = Ybr("YBR_PARTIAL_420");
    public static readonly PhotometricInterpretation YbrIct = Ybr("YBR_ICT");
    public static readonly PhotometricInterpretation YbrRct = Ybr("YBR_RCT");

    private static readonly Dictionary<string, PhotometricInterpretation> Known = new PhotometricInterpretation[]
    {
        Monochrome1, Monochrome2, PaletteColor, Rgb, YbrFull, YbrFull422, YbrPartial422, YbrPartial420, YbrIct, YbrRct,
    }.ToDictionary(interpretation => interpretation.Value);

    private PhotometricInterpretation(string value) => Value = value;

    public string Value { get; }

    public bool IsColor { get; private init; }

    public bool IsPalette { get; private init; }

    public bool IsYBR { get; private init; }

    public static bool operator ==(PhotometricInterpretation a, PhotometricInterpretation b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(PhotometricInterpretation a, PhotometricInterpretation b) => !(a == b);

    /// <exception cref="DicomImagingException">The standard defines no such interpretation.</exception>
    public static PhotometricInterpretation Parse(string photometricInterpretation)
    {
        var value = photometricInterpretation.Trim(' ', '\0');
        return Known.GetValueOrDefault(value == "MONOCHROME" ? "MONOCHROME2" : value)
            ?? throw new DicomImagingException($"Unknown Photometric Interpretation [{photometricInterpretation}]");
    }

    public override bool Equals(object obj) => obj is PhotometricInterpretation other && other.Value == Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    private static PhotometricInterpretation Ybr(string value) => new(value) { IsColor = true, IsYBR = true };
}
