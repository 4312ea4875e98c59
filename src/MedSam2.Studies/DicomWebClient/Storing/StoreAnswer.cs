using System.Globalization;
using System.Text.Json;

namespace MedSam2.Studies.DicomWebClient.Storing;

/// <summary>The Store Instances Response Module (PS3.18 annex I), as far as archives fill it.</summary>
internal sealed class StoreAnswer
{
    private const int Duplicate = 0x0111;

    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failed = new(StringComparer.Ordinal);

    public static StoreAnswer Read(JsonElement answer)
    {
        var read = new StoreAnswer();
        foreach (var item in Items(answer, DicomTags.StoredSequence))
            read._stored.Add(DicomJsonReader.Text(item, DicomTags.ReferencedInstance));
        foreach (var item in Items(answer, DicomTags.FailedSequence))
        {
            read._failed[DicomJsonReader.Text(item, DicomTags.ReferencedInstance)] =
                int.TryParse(DicomJsonReader.Text(item, DicomTags.FailureReason), NumberStyles.None, CultureInfo.InvariantCulture, out var reason) ? reason : 0;
        }
        return read;
    }

    /// <summary>What it says of one instance, or null where it does not.</summary>
    public SentInstance? Of(InstanceToSend instance)
    {
        var uid = instance.Key.SopInstanceUid!;
        if (_failed.TryGetValue(uid, out var reason))
        {
            // UIDs are never used twice here, so what is there already under this one is this one, sent before.
            return reason == Duplicate
                ? new(instance, IsStored: true, MayPass: false, "")
                : new(instance, IsStored: false, IsPassing(reason), $"The archive did not take the instance (reason {reason:X4}: {Words(reason)}).");
        }

        return _stored.Contains(uid) ? new(instance, IsStored: true, MayPass: false, "") : null;
    }

    private static IEnumerable<JsonElement> Items(JsonElement answer, string tag) =>
        answer.TryGetProperty(tag, out var sequence) && sequence.ValueKind == JsonValueKind.Object
            && sequence.TryGetProperty("Value", out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object)
            : [];

    /// <summary>Failure reasons of PS3.18 table I.2-2 (and of PS3.4 C-STORE) that another try may pass.</summary>
    private static bool IsPassing(int reason) => reason is 0 or 0x0110 or 0x0213 || (reason & 0xFF00) == 0xA700;

    private static string Words(int reason) => reason switch
    {
        0 => "not told",
        0x0110 => "processing failure",
        0x0122 => "it does not store this kind of object",
        0x0124 => "not authorised",
        0x0213 => "limit of resources",
        _ when (reason & 0xFF00) == 0xA700 => "out of resources, such as a full disk",
        _ when (reason & 0xFF00) == 0xA900 => "the data set does not match its class",
        _ when (reason & 0xF000) == 0xC000 => "it cannot understand the object",
        _ => "see the archive's log",
    };
}
