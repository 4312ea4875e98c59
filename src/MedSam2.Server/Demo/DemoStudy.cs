using FellowOakDicom;
using MedSam2.Imaging.Formats.Nifti;
using MedSam2.Imaging.Volumes;
using MedSam2.Studies.Writing;
using MedSam2.Training.Synthetic.Abdomen;

namespace MedSam2.Server.Demo;

/// <summary>
/// A study to try the server with: the abdominal phantom as a DICOM CT series, and its label map. The same options give
/// the same files, identifiers included.
/// </summary>
internal sealed class DemoStudy
{
    /// <summary>Part of every identifier; changed whenever the phantom's looks change, so that old and new are never mixed.</summary>
    private const int Edition = 1;

    private readonly Volume _volume;

    private DemoStudy(AbdominalPhantom phantom, CtSeriesDescription description) =>
        (_volume, Labels, Description) = (phantom.Volume, phantom.Labels, description);

    /// <summary>Labels of <see cref="AbdominalLabels"/>, on the grid that the series is read as.</summary>
    public LabelMap Labels { get; }

    public string StudyInstanceUid => Description.StudyInstanceUid;

    public string SeriesInstanceUid => Description.SeriesInstanceUid;

    private CtSeriesDescription Description { get; }

    /// <summary>Makes the phantom: some seconds of work.</summary>
    public static DemoStudy Create(AbdominalPhantomOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        return new DemoStudy(AbdominalPhantom.Create(options, cancellation), Describe(options));
    }

    /// <summary>The identifier of the demo series, without making it.</summary>
    public static string SeriesInstanceUidOf(AbdominalPhantomOptions? options = null) => Describe(options ?? new()).SeriesInstanceUid;

    /// <summary>Makes the instances one by one, from the feet to the head.</summary>
    public IEnumerable<DicomFile> Instances() => CtSeriesWriter.Write(_volume, Description);

    /// <summary>Writes the labels as NIfTI; gzipped where the name ends with <c>.gz</c>.</summary>
    public void SaveLabels(string path, CancellationToken cancellation = default) => NiftiFile.Write(path, Labels, cancellation: cancellation);

    private static CtSeriesDescription Describe(AbdominalPhantomOptions options) =>
        new(FormattableString.Invariant($"medsam2/demo/abdomen/{Edition}/{options.Seed}/{options.Size}x{options.Slices}/{options.FieldOfView}/{options.SliceThickness}/{options.Noise}"), "PHANTOM^ABDOMEN", "PHANTOM-ABDOMEN")
        {
            StudyDescription = "Synthetic abdomen",
            SeriesDescription = "Portal venous phase, 5 mm (synthetic)",
            BodyPart = "ABDOMEN",
            IsPhantom = true,
            Model = "Abdominal phantom",
        };
}
