using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;

namespace FellowOakDicom;

/// <summary>Makes new identifiers, and always the same new one for the same old one.</summary>
public class DicomUIDGenerator
{
    private readonly ConcurrentDictionary<string, DicomUID> _replacements = new();

    /// <summary>An identifier under 2.25 made of a random UUID (PS3.5 section B.2).</summary>
    public static DicomUID GenerateDerivedFromUUID()
    {
        var octets = Guid.NewGuid().ToByteArray(bigEndian: true);
        var number = new BigInteger(octets, isUnsigned: true, isBigEndian: true);
        return new DicomUID("2.25." + number.ToString(CultureInfo.InvariantCulture), "Local UID", DicomUidType.Unknown);
    }

    public DicomUID Generate(DicomUID sourceUid)
    {
        ArgumentNullException.ThrowIfNull(sourceUid);
        return _replacements.GetOrAdd(sourceUid.UID, _ => GenerateDerivedFromUUID());
    }
}
