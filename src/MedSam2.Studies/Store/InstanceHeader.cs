using System.Text;
using FellowOakDicom;

namespace MedSam2.Studies.Store;

/// <summary>Reads stored files.</summary>
public static class InstanceHeader
{
    /// <summary>The attributes before the pixel data.</summary>
    /// <exception cref="StudyStoreException">The file is gone or damaged.</exception>
    public static DicomDataset Read(string path) =>
        Open(path, () => DicomFile.Open(path, Encoding.ASCII, state => state.Tag.Group >= 0x7FE0, FileReadOption.ReadLargeOnDemand)).Dataset;

    /// <summary>The whole file; pixels are read when they are asked for.</summary>
    /// <exception cref="StudyStoreException">The file is gone or damaged.</exception>
    public static DicomFile ReadWhole(string path) => Open(path, () => DicomFile.Open(path, FileReadOption.ReadLargeOnDemand));

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
