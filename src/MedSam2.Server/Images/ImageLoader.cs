using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Formats.Nrrd;
using MedSam2.Server.Errors;
using MedSam2.Server.Studies;
using MedSam2.Studies.Series;

namespace MedSam2.Server.Images;

/// <summary>Brings the image that a request names into memory: a series of the archive, or an uploaded volume.</summary>
internal sealed class ImageLoader(IStudySource studies, VolumeCache cache)
{
    private const string Unknown = "The archive has no series with this Series Instance UID (query 'image'). Search for it at /dicom-web/series, or store it first.";

    private readonly SeriesReader _reader = new();

    /// <param name="seriesInstanceUid">As the client sent it; it is looked up, never used as a path.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RequestException">The archive has no such series.</exception>
    /// <exception cref="SeriesException">The series is not one volume.</exception>
    public async Task<LoadedImage> LoadSeriesAsync(string seriesInstanceUid, CancellationToken cancellation)
    {
        var found = await studies.FindSeriesAsync(seriesInstanceUid, cancellation) ?? throw RequestException.NotFound(Unknown);
        return await cache.GetAsync(found.ContentKey, () => ReadAsync(found), cancellation);
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

    private async Task<LoadedImage> ReadAsync(FoundSeries found)
    {
        using var files = await found.OpenAsync(CancellationToken.None);
        var series = _reader.ReadFiles(files.Paths, CancellationToken.None);
        return new(series.Volume, series);
    }
}
