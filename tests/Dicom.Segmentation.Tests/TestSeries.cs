using FellowOakDicom;

namespace Dicom.Segmentation.Tests;

/// <summary>Small source series made in code, and balls to segment in them.</summary>
internal sealed record TestSeries
{
    public int Slices { get; init; } = 5;

    public int Rows { get; init; } = 13;

    public int Columns { get; init; } = 11;

    public double[] RowDirection { get; init; } = [1, 0, 0];

    public double[] ColumnDirection { get; init; } = [0, 1, 0];

    public double[] Origin { get; init; } = [-20.5, 10.25, 100];

    public double[] Spacing { get; init; } = [0.75, 0.5];

    public double Thickness { get; init; } = 2.5;

    /// <summary>Millimetres along the normal for each slice.</summary>
    public Func<int, double> Height { get; init; } = slice => slice * 2.5;

    public IReadOnlyList<DicomDataset> Build() => [.. Enumerable.Range(0, Slices).Select(Slice)];

    public double[] Position(int slice)
    {
        double[] r = RowDirection, c = ColumnDirection;
        double[] normal = [(r[1] * c[2]) - (r[2] * c[1]), (r[2] * c[0]) - (r[0] * c[2]), (r[0] * c[1]) - (r[1] * c[0])];
        return [.. Origin.Select((value, axis) => Math.Round(value + (normal[axis] * Height(slice)), 6))];
    }

    private DicomDataset Slice(int slice)
    {
        var dataset = Header("1.2.840.10008.5.1.4.1.1.2", $"1.2.826.0.1.3680043.10.1.3.{slice + 1}");
        dataset.Add(DicomTag.InstanceNumber, slice + 1);
        dataset.Add(DicomTag.ImagePositionPatient, Position(slice).Select(Text).ToArray());
        dataset.Add(DicomTag.ImageOrientationPatient, RowDirection.Concat(ColumnDirection).Select(Text).ToArray());
        dataset.Add(DicomTag.PixelSpacing, Spacing.Select(Text).ToArray());
        dataset.Add(DicomTag.SliceThickness, Text(Thickness));
        return dataset;
    }

    /// <summary>The same slices as the frames of one enhanced CT.</summary>
    public DicomDataset BuildEnhanced()
    {
        var dataset = Header("1.2.840.10008.5.1.4.1.1.2.1", "1.2.826.0.1.3680043.10.1.4.1");
        dataset.Add(DicomTag.NumberOfFrames, Slices);
        var orientation = new DicomDataset();
        orientation.Add(DicomTag.ImageOrientationPatient, RowDirection.Concat(ColumnDirection).Select(Text).ToArray());
        var measures = new DicomDataset();
        measures.Add(DicomTag.PixelSpacing, Spacing.Select(Text).ToArray());
        measures.Add(DicomTag.SliceThickness, Text(Thickness));
        dataset.Add(new DicomSequence(DicomTag.SharedFunctionalGroupsSequence, new DicomDataset(
            new DicomSequence(DicomTag.PlaneOrientationSequence, orientation),
            new DicomSequence(DicomTag.PixelMeasuresSequence, measures))));
        dataset.Add(new DicomSequence(DicomTag.PerFrameFunctionalGroupsSequence, [.. Enumerable.Range(0, Slices).Select(slice =>
        {
            var position = new DicomDataset();
            position.Add(DicomTag.ImagePositionPatient, Position(slice).Select(Text).ToArray());
            return new DicomDataset(new DicomSequence(DicomTag.PlanePositionSequence, position));
        })]));
        return dataset;
    }

    private DicomDataset Header(string sopClass, string instance)
    {
        var dataset = new DicomDataset();
        dataset.Add(DicomTag.SOPClassUID, sopClass);
        dataset.Add(DicomTag.SOPInstanceUID, instance);
        dataset.Add(DicomTag.Modality, "CT");
        dataset.Add(DicomTag.PatientName, "Phantom^Box");
        dataset.Add(DicomTag.PatientID, "PHANTOM-1");
        dataset.Add(DicomTag.PatientBirthDate, "19700102");
        dataset.Add(DicomTag.PatientSex, "O");
        dataset.Add(DicomTag.StudyInstanceUID, "1.2.826.0.1.3680043.10.1.1");
        dataset.Add(DicomTag.SeriesInstanceUID, "1.2.826.0.1.3680043.10.1.2");
        dataset.Add(DicomTag.FrameOfReferenceUID, "1.2.826.0.1.3680043.10.1.5");
        dataset.Add(DicomTag.StudyDate, "20260102");
        dataset.Add(DicomTag.StudyTime, "101112");
        dataset.Add(DicomTag.StudyID, "S1");
        dataset.Add(DicomTag.AccessionNumber, "A1");
        dataset.Add(DicomTag.ReferringPhysicianName, "Doe^Jane");
        dataset.Add(DicomTag.Rows, (ushort)Rows);
        dataset.Add(DicomTag.Columns, (ushort)Columns);
        return dataset;
    }

    private static string Text(double value) => value.ToString("G10", System.Globalization.CultureInfo.InvariantCulture);
}
