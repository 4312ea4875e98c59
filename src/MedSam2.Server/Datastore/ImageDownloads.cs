using System.Security.Cryptography;
using System.Text;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Server.Errors;
using MedSam2.Server.Images;
using MedSam2.Server.Studies;
using MedSam2.Studies.Store;

namespace MedSam2.Server.Datastore;

/// <summary>
/// The file of an image as clients download it. Series are converted to NIfTI once and kept, up to a size; the least recently
/// used files go first. Same series, same bytes, so a client's checksum stays right.
/// </summary>
internal sealed class ImageDownloads(StudyStore store, IStudySource studies, ImageLoader images) : IDisposable
{
    private const long MostBytes = 16L << 30;

    private readonly SemaphoreSlim _converting = new(1);

    /// <exception cref="MedSam2.Studies.Series.SeriesException">The series is not one volume.</exception>
    public async Task<FileInfo> FindAsync(CatalogImage image, CancellationToken cancellation)
    {
        if (image.Series is not { } series)
            return new FileInfo(image.Record!.Path!);
        var found = await studies.FindSeriesAsync(series.SeriesInstanceUid, cancellation) ?? throw RequestException.NotFound("The series is gone from the archive.");
        var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(found.ContentKey)))[..16];
        var folder = Directory.CreateDirectory(Path.Combine(store.Root, "cache", "nifti"));
        var file = new FileInfo(Path.Combine(folder.FullName, $"{series.SeriesInstanceUid}-{content}.nii.gz"));
        await _converting.WaitAsync(cancellation);
        try
        {
            file.Refresh();
            if (file.Exists)
                file.LastAccessTimeUtc = DateTime.UtcNow;
            else
                await ConvertAsync(image, file, cancellation);
            return file;
        }
        finally
        {
            _converting.Release();
        }
    }

    public void Dispose() => _converting.Dispose();

    private async Task ConvertAsync(CatalogImage image, FileInfo file, CancellationToken cancellation)
    {
        var loaded = await images.LoadSeriesAsync(image.Id, cancellation);
        var part = file.FullName + ".part";
        await Task.Run(
            () =>
            {
                using (var target = File.Create(part))
                    NiftiFile.Write(target, loaded.Volume, compress: true, cancellation);
                File.Move(part, file.FullName, overwrite: true);
            },
            cancellation);
        file.Refresh();
        var kept = 0L;
        foreach (var old in file.Directory!.EnumerateFiles().OrderByDescending(old => old.LastAccessTimeUtc).ToArray())
        {
            kept += old.Length;
            if (kept > MostBytes && old.FullName != file.FullName)
                old.Delete();
        }
    }
}
