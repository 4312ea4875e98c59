using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MedSam2.Studies.DicomWebClient.Retrieving;

/// <summary>A digest of an instance's attributes that does not change with their order or with addresses.</summary>
internal static class MetadataFingerprint
{
    public static string Of(JsonElement dataset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, dataset);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(IEnumerable<ListedInstance> instances)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var instance in instances.OrderBy(i => i.SopInstanceUid, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes($"{instance.SopInstanceUid}={instance.Fingerprint};"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                hash.AppendData("{"u8);
                foreach (var property in element.EnumerateObject().Where(property => !IsVolatile(property.Name)).OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    hash.AppendData(Encoding.UTF8.GetBytes(property.Name + ":"));
                    Append(hash, property.Value);
                }

                hash.AppendData("}"u8);
                break;
            case JsonValueKind.Array:
                hash.AppendData("["u8);
                foreach (var item in element.EnumerateArray())
                    Append(hash, item);
                hash.AppendData("]"u8);
                break;
            case JsonValueKind.String:
                hash.AppendData(Encoding.UTF8.GetBytes($"\"{element.GetString()}\""));
                break;
            default:
                hash.AppendData(Encoding.UTF8.GetBytes(element.GetRawText() + ","));
                break;
        }
    }

    private static bool IsVolatile(string name) => name is "BulkDataURI" or DicomTags.RetrieveUrl or DicomTags.Availability;
}
