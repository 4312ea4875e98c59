using System.Globalization;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Server.Errors;
using MedSam2.Server.ImageSessions;
using MedSam2.Server.Studies;
using MedSam2.Studies.Datastore;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Images;

/// <summary>Brings the image that a request names into memory: a series of the archive, or an uploaded volume.</summary>
internal sealed class ImageLoader(IStudySource studies, ImageDatastore datastore, VolumeCache cache)
{
    private const string Unknown = "The archive has no series with this Series Instance UID (query 'image'), nor has the datastore an image of this id. Search at /dicom-web/series and /datastore/?output=all, or store it first.";

    private readonly SeriesReader _reader = new();

    /// <param name="imageId">As the client sent it: a volume of the datastore, or the Series Instance UID of a series.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RequestException">There is no such image.</exception>
    /// <exception cref="Imaging.Formats.ImageFormatException">The volume's file is damaged.</exception>
    /// <exception cref="SeriesException">The series is not one volume.</exception>
    public async Task<LoadedImage> LoadAsync(string imageId, CancellationToken cancellation) =>
        await datastore.FindAsync(imageId, cancellation) is { Path: { } path }
            ? await LoadFileAsync(path, cancellation)
            : await LoadSeriesAsync(imageId, cancellation);

    /// <summary>A NIfTI or NRRD file of the server's own, kept in memory until it changes.</summary>
    public Task<LoadedImage> LoadFileAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        var key = string.Create(CultureInfo.InvariantCulture, $"{path}/{file.Length}/{file.LastWriteTimeUtc.Ticks}");
        return cache.GetAsync(key, () => Task.Run(() => new LoadedImage(Imaging.Formats.ImageFile.ReadVolume(path), Series: null)), cancellation);
    }

    /// <summary>The image of a session: a volume file, or DICOM files that are no part of the archive.</summary>
    /// <param name="path">A file or folder; what it holds never changes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="Imaging.Formats.ImageFormatException">The volume cannot be read.</exception>
    /// <exception cref="SeriesException">The DICOM files are not one volume.</exception>
    public Task<LoadedImage> LoadSessionAsync(string path, CancellationToken cancellation) => SessionFiles.IsVolume(path)
        ? LoadFileAsync(path, cancellation)
        : cache.GetAsync(path, () => Task.Run(() => SessionFiles.ReadSeries(path)), cancellation);

    /// <param name="imageId">
    /// As the client sent it; it is looked up, never used as a path. Of a series that holds several volumes (times, echoes, stacks) or
    /// pictures, <c>UID@2</c> names the second; the UID alone is the first.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RequestException">The archive has no such series.</exception>
    /// <exception cref="SeriesException">The series is not one volume, or has no such part.</exception>
    public async Task<LoadedImage> LoadSeriesAsync(string imageId, CancellationToken cancellation)
    {
        var (seriesInstanceUid, part) = imageId.LastIndexOf('@') is var at and > 0 && int.TryParse(imageId.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (imageId[..at], number)
            : (imageId, 1);
        var found = await studies.FindSeriesAsync(seriesInstanceUid, cancellation) ?? throw RequestException.NotFound(Unknown);
        return await cache.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{found.ContentKey}@{part}"), () => ReadAsync(found, part), cancellation);
    }

    /// <param name="content">A seekable stream of a NIfTI or NRRD file.</param>
    /// <param name="extension"><c>.nrrd</c>, <c>.nii</c> or <c>.nii.gz</c>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="Imaging.Formats.ImageFormatException">The file cannot be read.</exception>
    public static LoadedImage LoadUpload(Stream content, string extension, CancellationToken cancellation) => new(
        extension == ".nrrd"
            ? NrrdFile.ReadVolume(content, cancellation: cancellation)
            : NiftiFile.ReadVolume(content, cancellation: cancellation),
        Series: null);

    private async Task<LoadedImage> ReadAsync(FoundSeries found, int part)
    {
        using var files = await found.OpenAsync(CancellationToken.None);
        return new(_reader.ReadFiles(files.Paths, part, CancellationToken.None));
    }
}
