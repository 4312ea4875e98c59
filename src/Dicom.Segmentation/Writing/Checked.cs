using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Checks what the caller gives against what DICOM can store, so that nothing is cut off silently.</summary>
internal static class Checked
{
    public static string Text(string value, int longest, string name)
    {
        if (string.IsNullOrWhiteSpace(value))
            throw new SegmentationException($"The {name} is empty.");
        if (value.Length > longest)
            throw new SegmentationException($"The {name} has {value.Length} characters; DICOM stores at most {longest}.");
        if (value.Contains('\\') || value.Any(char.IsControl))
            throw new SegmentationException($"The {name} holds a backslash or a control character.");
        return value;
    }

    public static string CodeString(string value, string name)
    {
        if (Text(value, 16, name).Any(c => !(char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is ' ' or '_')))
            throw new SegmentationException($"The {name} may hold capitals, digits, space and underscore only.");
        return value;
    }

    public static DicomUID Uid(DicomUID uid, string name) =>
        DicomUID.IsValidUid(uid.UID) ? uid : throw new SegmentationException($"The {name} is no valid UID.");
}
