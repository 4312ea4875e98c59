using System.Text.Json.Nodes;
using Dicom.Segmentation;
using FellowOakDicom;
using MedSam2.Imaging.Volumes;
using MedSam2.Server.Configuration;
using MedSam2.Server.Device;
using MedSam2.Server.Studies;
using MedSam2.Studies.Series;
using Microsoft.Extensions.Options;

namespace MedSam2.Server.Segmentation;

/// <summary>Writes masks as DICOM SEG about their series, and keeps them in the archive.</summary>
internal sealed class SegmentationObjects(ModelHost model, IStudySource studies, IOptions<ServerOptions> options)
{
    private readonly SegmentationEncoding _encoding = options.Value.SegmentationType == "LABELMAP" ? SegmentationEncoding.LabelMap : SegmentationEncoding.Binary;

    /// <param name="series">The images that the mask lies on.</param>
    /// <param name="mask">1 inside, 0 outside.</param>
    /// <param name="name">What the person calls it.</param>
    /// <param name="method">How it was found, in words.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">The mask is empty, the name is too long, or the headers cannot carry a segmentation.</exception>
    public DicomFile Write(SeriesVolume series, LabelMap mask, string name, string? method, CancellationToken cancellation) =>
        SegmentationFile.Create(model.Model, series, mask, name, _encoding, method, cancellation);

    /// <param name="series">The images that the labels lie on.</param>
    /// <param name="labels">On the grid of the series.</param>
    /// <param name="info">What came with them.</param>
    /// <param name="cancellation">Looked at before each slice.</param>
    /// <exception cref="SegmentationException">A name is too long, or the headers cannot carry a segmentation.</exception>
    public DicomFile Write(SeriesVolume series, LabelMap labels, JsonObject info, CancellationToken cancellation) =>
        SegmentationFile.Create(series, labels, info, _encoding, cancellation);

    /// <summary>Puts a segmentation into the archive, where DICOMweb serves it.</summary>
    public Task<KeptObject> StoreAsync(DicomFile segmentation, CancellationToken cancellation) => studies.StoreAsync(segmentation, cancellation);
}
