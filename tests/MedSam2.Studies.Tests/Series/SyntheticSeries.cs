using System.Globalization;
using System.Runtime.InteropServices;
using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.IO.Buffer;

namespace MedSam2.Studies.Tests.Series;

/// <summary>Small CT series made in memory, with every slice open to change before it is used.</summary>
internal static class SyntheticSeries
{
    public const int Columns = 6;
    public const int Rows = 4;

    /// <summary>An axial stack; pixel (x, y) of slice k has the stored value <c>100 k + 10 y + x</c>.</summary>
    public static DicomFile[] Stack(int slices, double spacing = 2.5, Action<int, DicomDataset>? change = null)
    {
        var study = DicomUIDGenerator.GenerateDerivedFromUUID();
        var series = DicomUIDGenerator.GenerateDerivedFromUUID();
        return Enumerable.Range(0, slices).Select(k =>
        {
            var dataset = Slice(study, series, k, k * spacing);
            change?.Invoke(k, dataset);
            return new DicomFile(dataset);
        }).ToArray();
    }

    public static void MoveTo(DicomDataset dataset, double x, double y, double z) =>
        dataset.AddOrUpdate(DicomTag.ImagePositionPatient, Text(x), Text(y), Text(z));

    /// <summary>Replaces the pixels by 16-bit words, given as they are stored.</summary>
    public static void SetPixels(DicomDataset dataset, ushort[] words)
    {
        var pixels = DicomPixelData.Create(dataset, true);
        pixels.AddFrame(new MemoryByteBuffer(MemoryMarshal.AsBytes(words.AsSpan()).ToArray()));
    }

    private static DicomDataset Slice(DicomUID study, DicomUID series, int k, double z)
    {
        var dataset = new DicomDataset(DicomTransferSyntax.ExplicitVRLittleEndian)
        {
            { DicomTag.SOPClassUID, DicomUID.CTImageStorage },
            { DicomTag.SOPInstanceUID, DicomUIDGenerator.GenerateDerivedFromUUID() },
            { DicomTag.StudyInstanceUID, study },
            { DicomTag.SeriesInstanceUID, series },
            { DicomTag.Modality, "CT" },
            { DicomTag.PatientName, "Phantom^Test" },
            { DicomTag.PatientID, "P1" },
            { DicomTag.InstanceNumber, (k + 1).ToString(CultureInfo.InvariantCulture) },
            { DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "1", "0" },
            { DicomTag.PixelSpacing, "0.8", "0.7" },
            { DicomTag.SamplesPerPixel, (ushort)1 },
            { DicomTag.PhotometricInterpretation, "MONOCHROME2" },
            { DicomTag.Rows, (ushort)Rows },
            { DicomTag.Columns, (ushort)Columns },
            { DicomTag.BitsAllocated, (ushort)16 },
            { DicomTag.BitsStored, (ushort)16 },
            { DicomTag.HighBit, (ushort)15 },
            { DicomTag.PixelRepresentation, (ushort)1 },
            { DicomTag.RescaleSlope, "1" },
            { DicomTag.RescaleIntercept, "-1024" },
        };
        MoveTo(dataset, -10, 20, z);
        SetPixels(dataset, Enumerable.Range(0, Rows * Columns).Select(n => (ushort)((100 * k) + (10 * (n / Columns)) + (n % Columns))).ToArray());
        return dataset;
    }

    private static string Text(double value) => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
