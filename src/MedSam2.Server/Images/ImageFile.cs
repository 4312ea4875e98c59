using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Server.CommandLine;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Images;

/// <summary>Reads an image from disk, whatever it is: a folder or file of DICOM, NIfTI, NRRD, or a picture.</summary>
internal static class ImageFile
{
    private static readonly string[] Nifti = [".nii", ".nii.gz"];
    private static readonly string[] Nrrd = [".nrrd"];

    /// <exception cref="VerbException">There is no such file, or nothing in the folder is DICOM.</exception>
    /// <exception cref="Imaging.Formats.ImageFormatException">The file is damaged.</exception>
    /// <exception cref="SeriesException">The DICOM files are not one volume.</exception>
    public static LoadedImage Read(string path, CancellationToken cancellation) => Read(path, 1, cancellation);

    /// <inheritdoc cref="Read(string, CancellationToken)"/>
    /// <param name="path">A folder or file.</param>
    /// <param name="part">Which volume or picture of a DICOM series, from 1.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static LoadedImage Read(string path, int part, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
            return ReadSeries(path, Directory.GetFiles(path), part, cancellation);
        if (!File.Exists(path))
            throw new VerbException($"There is no file or folder {path}.");
        if (EndsWith(path, Nifti))
            return new(NiftiFile.ReadVolume(path, cancellation: cancellation), null);
        if (EndsWith(path, Nrrd))
            return new(NrrdFile.ReadVolume(path, cancellation: cancellation), null);
        return PictureFile.IsPicture(path) ? new(PictureFile.ReadGrey(path), null, IsPicture: true) : ReadSeries(path, [path], part, cancellation);
    }

    /// <summary>Whether a file is a volume by its name.</summary>
    public static bool IsVolume(string path) => EndsWith(path, Nifti) || EndsWith(path, Nrrd);

    /// <summary>Whether a file begins as DICOM files do (PS3.10).</summary>
    public static bool IsDicom(string path)
    {
        Span<byte> head = stackalloc byte[132];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head[128..].SequenceEqual("DICM"u8);
    }

    private static LoadedImage ReadSeries(string path, string[] files, int part, CancellationToken cancellation)
    {
        string[] dicom = [.. files.Where(IsDicom).Order(StringComparer.Ordinal)];
        if (dicom.Length == 0)
            throw new VerbException($"{path} holds no DICOM images and is no NIfTI, NRRD or picture file that is known by its ending.");
        var series = new SeriesReader().ReadFiles(dicom, part, cancellation);
        return new(series);
    }

    private static bool EndsWith(string path, string[] endings) => Array.Exists(endings, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
