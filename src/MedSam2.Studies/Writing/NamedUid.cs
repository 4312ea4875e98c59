using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace MedSam2.Studies.Writing;

/// <summary>Identifiers under 2.25 (PS3.5 B.2) that follow from a name, so that the same object gets the same one again.</summary>
public static class NamedUid
{
    public static string From(string name)
    {
        // A UUID of version 8 (RFC 9562): hash bits with the version and variant set.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        var uuid = hash[..16];
        uuid[6] = (byte)((uuid[6] & 0x0F) | 0x80);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return "2.25." + new BigInteger(uuid, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
    }
}
