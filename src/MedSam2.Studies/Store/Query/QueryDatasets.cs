using FellowOakDicom;

namespace MedSam2.Studies.Store.Query;

/// <summary>Builds the datasets that answer a query (PS3.18 tables 10.6.3-3 to 10.6.3-5).</summary>
internal static class QueryDatasets
{
    /// <summary>Attributes of a patient and study, by <c>includefield=all</c>; what lies below belongs to a series or an instance.</summary>
    private static readonly DicomTag[] StudyAttributes =
    [
        DicomTag.PatientAge, DicomTag.PatientSize, DicomTag.PatientWeight, DicomTag.PatientComments, DicomTag.IssuerOfPatientID, DicomTag.OtherPatientIDsRETIRED,
        DicomTag.TimezoneOffsetFromUTC, DicomTag.InstitutionName, DicomTag.NameOfPhysiciansReadingStudy, DicomTag.ProcedureCodeSequence, DicomTag.PatientIdentityRemoved,
    ];

    private static readonly DicomTag[] SeriesAttributes =
    [
        DicomTag.Manufacturer, DicomTag.ManufacturerModelName, DicomTag.StationName, DicomTag.ProtocolName, DicomTag.OperatorsName, DicomTag.Laterality,
        DicomTag.FrameOfReferenceUID, DicomTag.PatientPosition, DicomTag.RequestAttributesSequence, DicomTag.ReferencedSeriesSequence, DicomTag.SoftwareVersions,
    ];

    public static DicomDataset OfStudy(QueryRow row, StudySummary summary)
    {
        var dataset = New();
        AddStudy(dataset, row);
        dataset.Add(DicomTag.ModalitiesInStudy, summary.Modalities.ToArray());
        dataset.Add(new DicomIntegerString(DicomTag.NumberOfStudyRelatedSeries, summary.Series));
        dataset.Add(new DicomIntegerString(DicomTag.NumberOfStudyRelatedInstances, summary.Instances));
        return dataset;
    }

    public static DicomDataset OfSeries(QueryRow row)
    {
        var dataset = New();
        AddStudy(dataset, row);
        AddSeries(dataset, row);
        dataset.Add(new DicomIntegerString(DicomTag.NumberOfSeriesRelatedInstances, row.Series.InstanceCount));
        return dataset;
    }

    public static DicomDataset OfInstance(QueryRow row)
    {
        var dataset = New();
        AddStudy(dataset, row);
        AddSeries(dataset, row);
        var instance = row.Instance;
        dataset.Add(DicomTag.SOPClassUID, instance.SopClassUid);
        dataset.Add(DicomTag.SOPInstanceUID, instance.SopInstanceUid);
        dataset.Add(DicomTag.AvailableTransferSyntaxUID, instance.TransferSyntaxUid);
        AddNumber(dataset, DicomTag.InstanceNumber, instance.InstanceNumber);
        AddShort(dataset, DicomTag.Rows, instance.Rows);
        AddShort(dataset, DicomTag.Columns, instance.Columns);
        AddShort(dataset, DicomTag.BitsAllocated, instance.BitsAllocated);
        if (instance.Frames > 1)
            AddNumber(dataset, DicomTag.NumberOfFrames, instance.Frames);
        return dataset;
    }

    /// <summary>Adds attributes from a file's header: the ones wanted, and all of a level.</summary>
    public static void Include(DicomDataset answer, DicomDataset header, IEnumerable<DicomTag> wanted, QueryLevel? allOf)
    {
        var tags = wanted.ToHashSet();
        if (allOf is >= QueryLevel.Study)
            tags.UnionWith(StudyAttributes);
        if (allOf is >= QueryLevel.Series)
            tags.UnionWith(SeriesAttributes);

        foreach (var item in header)
        {
            // The answer has a character set of its own, and says nothing of how files are laid out.
            var wantedHere = tags.Contains(item.Tag) || (allOf == QueryLevel.Instance && !item.Tag.IsPrivate);
            if (wantedHere && !answer.Contains(item.Tag) && item.Tag.Element != 0 && item.Tag.Group != 2)
                answer.Add(item);
        }
    }

    private static DicomDataset New() => new DicomDataset { { DicomTag.SpecificCharacterSet, "ISO_IR 192" } }.NotValidated();

    private static void AddStudy(DicomDataset dataset, QueryRow row)
    {
        var study = row.Study;
        dataset.Add(DicomTag.InstanceAvailability, "ONLINE");
        dataset.Add(DicomTag.StudyInstanceUID, study.StudyInstanceUid);
        dataset.Add(DicomTag.StudyDate, study.StudyDate);
        dataset.Add(DicomTag.StudyTime, study.StudyTime);
        dataset.Add(DicomTag.AccessionNumber, study.AccessionNumber);
        dataset.Add(DicomTag.ReferringPhysicianName, study.ReferringPhysicianName);
        dataset.Add(DicomTag.PatientName, study.PatientName);
        dataset.Add(DicomTag.PatientID, study.PatientId);
        dataset.Add(DicomTag.PatientBirthDate, study.PatientBirthDate);
        dataset.Add(DicomTag.PatientSex, study.PatientSex);
        dataset.Add(DicomTag.StudyID, study.StudyId);
        AddText(dataset, DicomTag.StudyDescription, study.StudyDescription);
    }

    private static void AddSeries(DicomDataset dataset, QueryRow row)
    {
        var series = row.Series;
        dataset.Add(DicomTag.SeriesInstanceUID, series.SeriesInstanceUid);
        dataset.Add(DicomTag.Modality, series.Modality);
        AddNumber(dataset, DicomTag.SeriesNumber, series.SeriesNumber);
        AddText(dataset, DicomTag.SeriesDescription, series.SeriesDescription);
        AddText(dataset, DicomTag.SeriesDate, series.SeriesDate);
        AddText(dataset, DicomTag.SeriesTime, series.SeriesTime);
        AddText(dataset, DicomTag.BodyPartExamined, series.BodyPartExamined);
        AddText(dataset, DicomTag.PerformedProcedureStepStartDate, series.ProcedureStepDate);
        AddText(dataset, DicomTag.PerformedProcedureStepStartTime, series.ProcedureStepTime);
    }

    private static void AddText(DicomDataset dataset, DicomTag tag, string value)
    {
        if (value.Length > 0)
            dataset.Add(tag, value);
    }

    private static void AddNumber(DicomDataset dataset, DicomTag tag, int? value)
    {
        if (value is { } number)
            dataset.Add(new DicomIntegerString(tag, number));
    }

    private static void AddShort(DicomDataset dataset, DicomTag tag, int? value)
    {
        if (value is { } number)
            dataset.Add(new DicomUnsignedShort(tag, (ushort)number));
    }
}
