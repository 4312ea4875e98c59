using MedSam2.Imaging.Formats;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.CommandLine;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Images;

/// <summary>Reads an image from disk, whatever it is: a folder or file of DICOM, NIfTI, NRRD, or a picture.</summary>
internal static class ImageFile
{
    private static readonly string[] Nifti = [".nii", ".nii.gz"];
    private static readonly string[] Nrrd = [".nrrd"];

    /// <exception cref="VerbException">There is no such file, nothing in the folder is DICOM or one volume, or a file is damaged; the message names it.</exception>
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
        if (IsVolume(path))
            return new(ReadVolume(path, part, cancellation), null);
        return PictureFile.IsPicture(path) ? new(PictureFile.ReadGrey(path), null, IsPicture: true) : ReadSeries(path, [path], part, cancellation);
    }

    private static Volume ReadVolume(string path, int part, CancellationToken cancellation)
    {
        if (part > 1)
            throw new VerbException($"{path}: only a DICOM series holds several parts. Leave --part out.");
        try
        {
            return EndsWith(path, Nifti) ? NiftiFile.ReadVolume(path, cancellation: cancellation) : NrrdFile.ReadVolume(path, cancellation: cancellation);
        }
        catch (ImageFormatException exception)
        {
            throw new VerbException($"{path}: {exception.Message}", exception);
        }
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
            throw new VerbException($"{path} holds no DICOM images and is no NIfTI, NRRD or picture file that is known by its ending. Folders within it are not looked into.");
        // A slice that is missing because its copy failed would make a shorter volume without a word.
        if (files.Except(dicom).Where(IsMeantAsDicom).Order(StringComparer.Ordinal).FirstOrDefault() is { } damaged)
            throw new VerbException($"{damaged}: the file is {(new FileInfo(damaged).Length == 0 ? "empty" : "no DICOM file, or its beginning is damaged")}. Copy it again, or take it out of the folder.");
        try
        {
            return new(new SeriesReader().ReadFiles(dicom, part, cancellation));
        }
        catch (SeriesException exception)
        {
            throw new VerbException($"{(exception.Instance is { } n ? dicom[n] : path)}: {exception.Message}", exception);
        }
    }

    private static bool IsMeantAsDicom(string path) =>
        !Path.GetFileName(path).StartsWith('.') && (EndsWith(path, [".dcm"]) || (!Path.HasExtension(path) && new FileInfo(path).Length == 0));

    private static bool EndsWith(string path, string[] endings) => Array.Exists(endings, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
