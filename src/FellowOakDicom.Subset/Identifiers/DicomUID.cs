using System.Globalization;

namespace FellowOakDicom;

public enum DicomUidType
{
    TransferSyntax,
    SOPClass,
    MetaSOPClass,
    ServiceClass,
    SOPInstance,
    ApplicationContextName,
    ApplicationHostingModel,
    CodingScheme,
    FrameOfReference,
    LDAP,
    MappingResource,
    ContextGroupName,
    Unknown,
}

/// <summary>A unique identifier; those that PS3.6 registers as transfer syntax or SOP class know their name.</summary>
public sealed partial class DicomUID : DicomParseable
{
    private static readonly Dictionary<string, DicomUID> Registered = ReadTable();

    public DicomUID(string uid, string name, DicomUidType type)
    {
        UID = uid;
        Name = name;
        Type = type;
    }

    public string UID { get; }

    public string Name { get; }

    public DicomUidType Type { get; }

    public static bool operator ==(DicomUID a, DicomUID b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(DicomUID a, DicomUID b) => !(a == b);

    /// <summary>A new identifier under 2.25, made of a random UUID.</summary>
    public static DicomUID Generate() => DicomUIDGenerator.GenerateDerivedFromUUID();

    public static DicomUID Append(DicomUID baseUid, long nextSeq) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{baseUid.UID}.{nextSeq}"), "SOP Instance UID", DicomUidType.SOPInstance);

    public static bool IsValidUid(string uid)
    {
        try
        {
            DicomValidation.ValidateUI(uid);
            return true;
        }
        catch (DicomValidationException)
        {
            return false;
        }
    }

    public static DicomUID Parse(string s) => Parse(s, "Unknown", DicomUidType.Unknown);

    public static DicomUID Parse(string s, string name = "Unknown", DicomUidType type = DicomUidType.Unknown)
    {
        var uid = s.TrimEnd(' ', '\0');
        return Registered.GetValueOrDefault(uid) ?? new DicomUID(uid, name, type);
    }

    public override bool Equals(object obj) => obj is DicomUID other && other.UID == UID;

    public override int GetHashCode() => UID.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"{Name} [{UID}]";

    private static Dictionary<string, DicomUID> ReadTable()
    {
        using var table = new StreamReader(typeof(DicomUID).Assembly.GetManifestResourceStream("Uids.tsv"));
        var uids = new Dictionary<string, DicomUID>(StringComparer.Ordinal);
        while (table.ReadLine() is { } line)
        {
            var columns = line.Split('\t');
            uids[columns[0]] = new DicomUID(columns[0], columns[3], Enum.Parse<DicomUidType>(columns[1]));
        }

        return uids;
    }
}
