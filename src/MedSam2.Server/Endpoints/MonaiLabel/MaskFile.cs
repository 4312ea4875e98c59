using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>A mask in the file type that the client wants, on disk until it is sent.</summary>
internal static class MaskFile
{
    /// <returns>The file, at its first byte.</returns>
    public static FileStream Write(LabelMap mask, string extension, ResultFormat format, CancellationToken cancellation)
    {
        var file = TemporaryFile.Create();
        try
        {
            if (extension == ".nrrd")
                NrrdFile.Write(file, mask, format.Compress ? NrrdEncoding.Gzip : NrrdEncoding.Raw, format.Type, cancellation: cancellation);
            else
                NiftiFile.Write(file, mask, extension == ".nii.gz", format.Type, cancellation);
            file.Position = 0;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
