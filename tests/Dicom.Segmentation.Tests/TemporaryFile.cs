using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>A DICOM file on disk for the length of a test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(DicomFile file) => file.Save(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"seg-{Guid.NewGuid():N}.dcm");

    public void Dispose() => File.Delete(Path);
}
