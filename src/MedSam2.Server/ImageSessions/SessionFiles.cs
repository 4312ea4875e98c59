using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Studies.Series;

namespace MedSam2.Server.ImageSessions;

/// <summary>A session's files as an image: one volume file, or the files of one DICOM series.</summary>
internal static class SessionFiles
{
    private static readonly string[] Volumes = [".nii.gz", ".nii", ".nrrd"];

    /// <summary>A volume's extension; everything else is called DICOM, and has to be it.</summary>
    public static string ExtensionOf(string fileName) =>
        Array.Find(Volumes, known => fileName.EndsWith(known, StringComparison.OrdinalIgnoreCase)) ?? ".dcm";

    /// <exception cref="RequestException">A file is neither a volume nor DICOM, or there are volumes among several files.</exception>
    public static void Check(string folder)
    {
        var files = Directory.GetFiles(folder);
        if (files is [var single] && IsVolume(single))
            return;
        if (Array.Exists(files, IsVolume))
            throw new ParameterException("A session holds one NIfTI or NRRD volume, or the DICOM files of one series.", "body", "files");
        if (!Array.TrueForAll(files, ImageFile.IsDicom))
            throw new ParameterException($"A file is no DICOM, and its name does not end with {string.Join(", ", Volumes)}.", "body", "files");
    }

    public static bool IsVolume(string path) => ExtensionOf(path) is not ".dcm";

    /// <exception cref="SeriesException">The DICOM files are not one volume.</exception>
    public static LoadedImage ReadSeries(string path)
    {
        string[] files = Directory.Exists(path) ? [.. Directory.GetFiles(path).Order(StringComparer.Ordinal)] : [path];
        var series = new SeriesReader().ReadFiles(files);
        return new(series);
    }
}
