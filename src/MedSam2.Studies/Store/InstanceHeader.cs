using System.Text;
using FellowOakDicom;

namespace MedSam2.Studies.Store;

/// <summary>Reads stored files.</summary>
public static class InstanceHeader
{
    /// <summary>The attributes before the pixel data.</summary>
    /// <exception cref="StudyStoreException">The file is gone or damaged.</exception>
    public static DicomDataset Read(string path) =>
        Open(path, () => OpenBeforePixels(path)).Dataset;

    /// <summary>The whole file; pixels are read when they are asked for.</summary>
    /// <exception cref="StudyStoreException">The file is gone or damaged.</exception>
    public static DicomFile ReadWhole(string path) => Open(path, () => DicomFile.Open(path, FileReadOption.ReadLargeOnDemand));

    /// <summary>Stops at the pixel data of the image itself; an icon within a sequence is read, and so are the marks between items (group FFFE).</summary>
    internal static DicomFile OpenBeforePixels(string path) => DicomFile.Open(
        path, Encoding.ASCII, state => state.SequenceDepth == 0 && state.Tag.Group is >= 0x7FE0 and < 0xFFFE, FileReadOption.ReadLargeOnDemand);

    private static DicomFile Open(string path, Func<DicomFile> open)
    {
        if (!File.Exists(path))
            throw new StudyStoreException(StoreFault.NotFound, "The instance was deleted meanwhile.");
        try
        {
            return open();
        }
        catch (Exception e) when (e is DicomException or IOException or UnauthorizedAccessException)
        {
            throw new StudyStoreException(StoreFault.Damaged, "The stored file of an instance cannot be read. Delete the instance and store it again.", e);
        }
    }
}
