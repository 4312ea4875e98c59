using Dicom.Segmentation;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Volumes;
using MedSam2.Inference;
using MedSam2.Server.CommandLine;
using MedSam2.Server.Demo;
using MedSam2.Server.Images;

namespace MedSam2.Server.Segmentation;

/// <summary>Writes a mask as the file that its name asks for. The file appears whole or not at all.</summary>
internal static class MaskOutput
{
    private static readonly string[] Endings = [".dcm", ".nii.gz", ".nii", ".nrrd", ".png"];

    /// <summary>What would be refused after all the work is refused before it.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="image">The file or folder that is segmented, which is never written over.</param>
    /// <param name="replace">Whether a file that is there may go.</param>
    /// <exception cref="VerbException">No known ending, or no such file can be written there.</exception>
    public static void CheckPlace(string path, string image, bool replace)
    {
        if (EndingOf(path) is null)
            throw new VerbException($"{path}: the output's ending must be one of {string.Join(", ", Endings)}.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new VerbException($"{path}: there is no folder {folder}.");
        if (Directory.Exists(path))
            throw new VerbException($"{path} is a folder. Name a file with --output.");
        if (Path.GetFullPath(path) == Path.GetFullPath(image))
            throw new VerbException($"{path} would be written over the image itself. Name another file with --output.");
        if (File.Exists(path) && !replace)
            throw new VerbException($"{path} is there already. Name another file with --output, or replace it with --force.");
        try
        {
            using var trial = new FileStream(PartOf(path), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VerbException($"{path} cannot be written ({exception.Message.TrimEnd('.')}). Name another place with --output.", exception);
        }
    }

    /// <exception cref="VerbException">The image cannot carry such a file.</exception>
    public static void CheckPossible(string path, LoadedImage image)
    {
        if (EndingOf(path) == ".dcm" && image.Series is null)
            throw new VerbException($"{path}: a DICOM SEG needs DICOM images to refer to, and these are none. Write .nii.gz or .nrrd.");
    }

    public static void Write(
        string path, LoadedImage image, LabelMap mask, SlicePrompt prompt, string name, SegmentationEncoding encoding, SegmentationModel model, IntensityWindow window, string method, CancellationToken cancellation)
    {
        var part = PartOf(path);
        try
        {
            WritePart(part, EndingOf(path)!, image, mask, prompt, name, encoding, model, window, method, cancellation);
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void WritePart(
        string part, string ending, LoadedImage image, LabelMap mask, SlicePrompt prompt, string name, SegmentationEncoding encoding, SegmentationModel model, IntensityWindow window, string method, CancellationToken cancellation)
    {
        switch (ending)
        {
            case ".dcm":
                SegmentationFile.Create(model, image.Series!, mask, name, encoding, method, cancellation).Save(part);
                break;
            case ".png" when image.IsPicture:
                PictureFile.WriteMask(part, mask.ReadSlice(Imaging.Geometry.SliceAxis.K, 0, 1));
                break;
            case ".png":
                ContactSheet.Draw(image.Volume, window, new(mask, 1), null, prompt, part);
                break;
            case ".nrrd":
                using (var file = File.Create(part))
                    NrrdFile.Write(file, mask, NrrdEncoding.Gzip, cancellation: cancellation);
                break;
            default:
                using (var file = File.Create(part))
                    NiftiFile.Write(file, mask, ending == ".nii.gz", cancellation: cancellation);
                break;
        }
    }

    private static string PartOf(string path) => path + ".part";

    private static string? EndingOf(string path) => Array.Find(Endings, ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
