using System.Globalization;
using System.Runtime.InteropServices;
using FellowOakDicom;
using FellowOakDicom.Imaging;
using FellowOakDicom.IO.Buffer;
using MedSam2.Imaging.Geometry;
using MedSam2.Imaging.Volumes;

namespace MedSam2.Studies.Writing;

/// <summary>Writes a volume as a series of CT images (PS3.3 A.3), explicit VR little endian, one instance a slice.</summary>
public static class CtSeriesWriter
{
    private const int LongestDecimal = 16;
    private const double PerpendicularWithin = 1e-4;

    /// <summary>Makes the instances one by one, so that only one is held at a time; the lowest slice (k = 0) comes first.</summary>
    /// <exception cref="ArgumentException">The volume does not hold 16-bit values, or its grid is not rectangular.</exception>
    public static IEnumerable<DicomFile> Write(Volume volume, CtSeriesDescription description)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(description);
        if (volume.Voxels is not Int16Voxels voxels)
            throw new ArgumentException("A CT series holds 16-bit values; round the volume to them first.", nameof(volume));
        if (volume.Geometry.IjkToLps.Skew > PerpendicularWithin)
            throw new ArgumentException("A CT series holds a rectangular grid; resample the volume onto one first.", nameof(volume));

        var header = Describe(volume, voxels, description);
        return Enumerable.Range(0, volume.Geometry.Slices).Select(slice => Slice(header, volume.Geometry, voxels, description, slice));
    }

    private static DicomFile Slice(DicomDataset series, VolumeGeometry geometry, Int16Voxels voxels, CtSeriesDescription description, int slice)
    {
        var position = geometry.IjkToLps.Transform(new(0, 0, slice));
        var normal = geometry.IjkToLps.I.Cross(geometry.IjkToLps.J).Normalized();
        var dataset = series.Clone();
        dataset.Add(DicomTag.SOPInstanceUID, description.SopInstanceUid(slice));
        dataset.Add(DicomTag.InstanceNumber, Invariant(slice + 1));
        dataset.Add(DicomTag.ImagePositionPatient, Decimals(position));
        dataset.Add(DicomTag.SliceLocation, Decimal(position.Dot(normal)));

        var area = geometry.Columns * geometry.Rows;
        var pixels = MemoryMarshal.AsBytes(voxels.Stored.AsSpan(checked(slice * area), area)).ToArray();
        DicomPixelData.Create(dataset, true).AddFrame(new MemoryByteBuffer(pixels));
        return new DicomFile(dataset);
    }

    /// <summary>What all slices share.</summary>
    private static DicomDataset Describe(Volume volume, Int16Voxels voxels, CtSeriesDescription description)
    {
        var (geometry, affine) = (volume.Geometry, volume.Geometry.IjkToLps);
        var date = description.Taken.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var time = description.Taken.ToString("HHmmss", CultureInfo.InvariantCulture);
        var dataset = new DicomDataset(DicomTransferSyntax.ExplicitVRLittleEndian)
        {
            { DicomTag.SOPClassUID, DicomUID.CTImageStorage },
            { DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL" },
            { DicomTag.StudyDate, date },
            { DicomTag.SeriesDate, date },
            { DicomTag.AcquisitionDate, date },
            { DicomTag.ContentDate, date },
            { DicomTag.StudyTime, time },
            { DicomTag.SeriesTime, time },
            { DicomTag.AcquisitionTime, time },
            { DicomTag.ContentTime, time },
            { DicomTag.AccessionNumber, "" },
            { DicomTag.Modality, "CT" },
            { DicomTag.Manufacturer, description.Manufacturer },
            { DicomTag.ManufacturerModelName, description.Model },
            { DicomTag.ReferringPhysicianName, "" },
            { DicomTag.StudyDescription, description.StudyDescription },
            { DicomTag.SeriesDescription, description.SeriesDescription },
            { DicomTag.PatientName, description.PatientName },
            { DicomTag.PatientID, description.PatientId },
            { DicomTag.PatientBirthDate, "" },
            { DicomTag.PatientSex, "" },
            { DicomTag.BodyPartExamined, description.BodyPart },
            { DicomTag.SliceThickness, Decimal(geometry.Spacing.Z) },
            { DicomTag.KVP, "" },
            { DicomTag.SpacingBetweenSlices, Decimal(geometry.Spacing.Z) },
            { DicomTag.PatientPosition, "HFS" },
            { DicomTag.StudyInstanceUID, description.StudyInstanceUid },
            { DicomTag.SeriesInstanceUID, description.SeriesInstanceUid },
            { DicomTag.StudyID, "1" },
            { DicomTag.SeriesNumber, "1" },
            { DicomTag.AcquisitionNumber, "1" },
            { DicomTag.ImageOrientationPatient, [.. Decimals(affine.I.Normalized()), .. Decimals(affine.J.Normalized())] },
            { DicomTag.FrameOfReferenceUID, description.FrameOfReferenceUid },
            { DicomTag.PositionReferenceIndicator, "" },
            { DicomTag.SamplesPerPixel, (ushort)1 },
            { DicomTag.PhotometricInterpretation, "MONOCHROME2" },
            { DicomTag.Rows, checked((ushort)geometry.Rows) },
            { DicomTag.Columns, checked((ushort)geometry.Columns) },
            { DicomTag.PixelSpacing, Decimal(geometry.Spacing.Y), Decimal(geometry.Spacing.X) },
            { DicomTag.BitsAllocated, (ushort)16 },
            { DicomTag.BitsStored, (ushort)16 },
            { DicomTag.HighBit, (ushort)15 },
            { DicomTag.PixelRepresentation, (ushort)1 },
            { DicomTag.QualityControlImage, description.IsPhantom ? "YES" : "NO" },
            { DicomTag.BurnedInAnnotation, "NO" },
            { DicomTag.RescaleIntercept, Decimal(voxels.Intercept) },
            { DicomTag.RescaleSlope, Decimal(voxels.Slope) },
            { DicomTag.RescaleType, "HU" },
            { DicomTag.LossyImageCompression, "00" },
        };
        if (volume.Window is { } window)
        {
            dataset.Add(DicomTag.WindowCenter, Decimal((window.Low + window.High) / 2));
            dataset.Add(DicomTag.WindowWidth, Decimal(window.High - window.Low));
        }

        return dataset;
    }

    private static string[] Decimals(Vector3D v) => [Decimal(v.X), Decimal(v.Y), Decimal(v.Z)];

    /// <summary>A decimal string, which may have sixteen characters: as many digits as fit.</summary>
    private static string Decimal(double value)
    {
        for (var digits = 15; ; digits--)
        {
            var text = (value == 0 ? 0 : value).ToString($"G{digits}", CultureInfo.InvariantCulture);
            if (text.Length <= LongestDecimal)
                return text;
        }
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);
}
