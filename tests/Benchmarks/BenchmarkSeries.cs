using System.Globalization;
using FellowOakDicom;

namespace MedSam2.Benchmarks;

/// <summary>CT series for measuring: right headers, empty pictures.</summary>
internal static class BenchmarkSeries
{
    /// <summary>Writes an axial series.</summary>
    /// <returns>Its files, in slice order.</returns>
    public static string[] Write(string folder, int slices, int size)
    {
        var pixels = new ushort[size * size];
        return [.. Enumerable.Range(0, slices).Select(slice =>
        {
            var path = Path.Combine(folder, $"{slice:000}.dcm");
            new DicomFile(Image("2.25.2", "2.25.3", $"2.25.1.{slice + 1}", slice, size, pixels)).Save(path);
            return path;
        })];
    }

    public static DicomDataset Image(string study, string series, string instance, int slice, int size, ushort[] pixels)
    {
        var image = new DicomDataset();
        image.Add(DicomTag.SOPClassUID, DicomUID.CTImageStorage);
        image.Add(DicomTag.SOPInstanceUID, instance);
        image.Add(DicomTag.StudyInstanceUID, study);
        image.Add(DicomTag.SeriesInstanceUID, series);
        image.Add(DicomTag.Modality, "CT");
        image.Add(DicomTag.FrameOfReferenceUID, "2.25.4");
        image.Add(DicomTag.InstanceNumber, (slice + 1).ToString(CultureInfo.InvariantCulture));
        image.Add(DicomTag.ImagePositionPatient, "0", "0", slice.ToString(CultureInfo.InvariantCulture));
        image.Add(DicomTag.ImageOrientationPatient, "1", "0", "0", "0", "1", "0");
        image.Add(DicomTag.PixelSpacing, "0.75", "0.75");
        image.Add(DicomTag.SliceThickness, "1");
        image.Add(DicomTag.SamplesPerPixel, (ushort)1);
        image.Add(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        image.Add(DicomTag.Rows, (ushort)size);
        image.Add(DicomTag.Columns, (ushort)size);
        image.Add(DicomTag.BitsAllocated, (ushort)16);
        image.Add(DicomTag.BitsStored, (ushort)16);
        image.Add(DicomTag.HighBit, (ushort)15);
        image.Add(DicomTag.PixelRepresentation, (ushort)0);
        image.Add(new DicomOtherWord(DicomTag.PixelData, pixels));
        return image;
    }
}
