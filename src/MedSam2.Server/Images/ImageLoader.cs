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
        await (await FindAsync(imageId, cancellation)).Load().WaitAsync(cancellation);

    /// <inheritdoc cref="LoadAsync"/>
    /// <returns>Where it comes from; what is wrong with its content shows when it is loaded.</returns>
    public async Task<ImageSource> FindAsync(string imageId, CancellationToken cancellation) =>
        await datastore.FindAsync(imageId, cancellation) is { Path: { } path } ? OfFile(path) : await FindSeriesAsync(imageId, cancellation);

    /// <summary>A NIfTI or NRRD file of the server's own, kept in memory until it changes.</summary>
    public Task<LoadedImage> LoadFileAsync(string path, CancellationToken cancellation) => OfFile(path).Load().WaitAsync(cancellation);

    /// <summary>The image of a session: a volume file, or DICOM files that are no part of the archive.</summary>
    /// <param name="path">A file or folder; what it holds never changes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="Imaging.Formats.ImageFormatException">The volume cannot be read.</exception>
    /// <exception cref="SeriesException">The DICOM files are not one volume.</exception>
    public Task<LoadedImage> LoadSessionAsync(string path, CancellationToken cancellation) => OfSession(path).Load().WaitAsync(cancellation);

    /// <inheritdoc cref="LoadSessionAsync"/>
    public ImageSource OfSession(string path) => SessionFiles.IsVolume(path) ? OfFile(path) : Kept(path, () => Task.Run(() => SessionFiles.ReadSeries(path)));

    /// <param name="imageId">
    /// As the client sent it; it is looked up, never used as a path. Of a series that holds several volumes (times, echoes, stacks) or
    /// pictures, <c>UID@2</c> names the second; the UID alone is the first.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RequestException">The archive has no such series.</exception>
    /// <exception cref="SeriesException">The series is not one volume, or has no such part.</exception>
    public async Task<LoadedImage> LoadSeriesAsync(string imageId, CancellationToken cancellation) =>
        await (await FindSeriesAsync(imageId, cancellation)).Load().WaitAsync(cancellation);

    /// <summary>A volume that came with a request: nobody else has it.</summary>
    /// <param name="content">A seekable stream of a NIfTI or NRRD file.</param>
    /// <param name="extension"><c>.nrrd</c>, <c>.nii</c> or <c>.nii.gz</c>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="Imaging.Formats.ImageFormatException">When it is loaded: the file cannot be read.</exception>
    public static ImageSource OfUpload(Stream content, string extension, CancellationToken cancellation) => new(
        () => null,
        () => Task.Run(
            () => new LoadedImage(
                extension == ".nrrd"
                    ? NrrdFile.ReadVolume(content, cancellation: cancellation)
                    : NiftiFile.ReadVolume(content, cancellation: cancellation),
                Series: null),
            cancellation));

    private async Task<ImageSource> FindSeriesAsync(string imageId, CancellationToken cancellation)
    {
        var (seriesInstanceUid, part) = imageId.LastIndexOf('@') is var at and > 0 && int.TryParse(imageId.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (imageId[..at], number)
            : (imageId, 1);
        var found = await studies.FindSeriesAsync(seriesInstanceUid, cancellation) ?? throw RequestException.NotFound(Unknown);
        return Kept(string.Create(CultureInfo.InvariantCulture, $"{found.ContentKey}@{part}"), () => ReadAsync(found, part), found.IsRemote);
    }

    private ImageSource OfFile(string path)
    {
        var file = new FileInfo(path);
        var key = string.Create(CultureInfo.InvariantCulture, $"{path}/{file.Length}/{file.LastWriteTimeUtc.Ticks}");
        return Kept(key, () => Task.Run(() => new LoadedImage(Imaging.Formats.ImageFile.ReadVolume(path), Series: null)));
    }

    /// <summary>An image of the cache. Others may wait for it too, so it is read to its end, whoever goes away meanwhile.</summary>
    private ImageSource Kept(string key, Func<Task<LoadedImage>> read, bool isRemote = false) =>
        new(() => cache.Find(key), () => cache.GetAsync(key, read, CancellationToken.None), isRemote);

    private async Task<LoadedImage> ReadAsync(FoundSeries found, int part)
    {
        using var files = await found.OpenAsync(CancellationToken.None);
        return new(_reader.ReadFiles(files.Paths, part, CancellationToken.None));
    }
}
