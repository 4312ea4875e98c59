using FellowOakDicom;
using MedSam2.Studies.Store;

namespace MedSam2.Studies.DicomWebClient.Storing;

/// <summary>A DICOM file on disk that is to be stored in the archive.</summary>
/// <param name="Path">The file; it is read each time that it is sent.</param>
/// <param name="Key">Its UIDs.</param>
/// <param name="Length">Its bytes.</param>
public sealed record InstanceToSend(string Path, InstanceKey Key, long Length)
{
    /// <summary>Reads a file's header.</summary>
    /// <exception cref="StudyStoreException">It is no DICOM instance.</exception>
    public static InstanceToSend Read(string path)
    {
        var header = InstanceHeader.Read(path);
        string Text(DicomTag tag) => header.TryGetString(tag, out var text) && text is not null ? text.Trim(' ', '\0') : "";
        return new(path, new InstanceKey(Text(DicomTag.StudyInstanceUID), Text(DicomTag.SeriesInstanceUID), Text(DicomTag.SOPInstanceUID)), new FileInfo(path).Length);
    }
}

/// <summary>What became of an instance that was sent.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="IsStored">Whether the archive has it now.</param>
/// <param name="MayPass">Whether sending it again later may help.</param>
/// <param name="Message">The cause and the mend of a failure; empty where it is stored.</param>
public sealed record SentInstance(InstanceToSend Instance, bool IsStored, bool MayPass, string Message);
