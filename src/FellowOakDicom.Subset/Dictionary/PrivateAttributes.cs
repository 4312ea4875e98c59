#nullable enable

namespace FellowOakDicom;

/// <summary>The few private attributes whose representation matters to a reader of implicit VR: the factors of PET in SUV.</summary>
internal static class PrivateAttributes
{
    private const string PhilipsPet = "Philips PET Private Group";

    private static readonly DicomDictionaryEntry[] Entries =
    [
        new(new DicomTag(0x7053, 0x00, new DicomPrivateCreator(PhilipsPet)), "", DicomVM.Parse("1"), false, DicomVR.DS),
        new(new DicomTag(0x7053, 0x09, new DicomPrivateCreator(PhilipsPet)), "", DicomVM.Parse("1"), false, DicomVR.DS),
    ];

    public static DicomDictionaryEntry? Find(DicomTag tag) => Array.Find(Entries, entry => entry.Tag.Equals(tag));
}
