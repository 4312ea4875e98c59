using System.Globalization;
using FellowOakDicom;

namespace MedSam2.Studies.Store.Index;

/// <summary>What the index keeps of one instance, read from its header.</summary>
internal sealed record InstanceFacts(StudyRow Study, SeriesRow Series, InstanceRow Instance)
{
    /// <summary>Sequences within sequences. Real reports have a handful; readers of DICOM JSON give up at about twenty.</summary>
    public const int MaxNesting = 16;

    /// <summary>Reads the header of a file, without its pixels.</summary>
    /// <returns>Null where the file is no DICOM instance with usable UIDs.</returns>
    public static InstanceFacts? ReadFile(string path, string relativePath, bool served)
    {
        try
        {
            var info = new FileInfo(path);
            if (!HasDicomMark(path))
                return null;
            var file = InstanceHeader.OpenBeforePixels(path);
            // The stop comes before the pixels are seen, so whether there are any is told by the image attributes.
            return Read(file, file.Dataset.Contains(DicomTag.Rows), info, relativePath, served);
        }
        catch (Exception e) when (e is DicomException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <returns>Null where a UID is missing or malformed, or sequences are nested deeper than <see cref="MaxNesting"/>.</returns>
    public static InstanceFacts? Read(DicomFile file, bool hasPixels, FileInfo info, string relativePath, bool served)
    {
        var dataset = file.Dataset;
        var study = Text(dataset, DicomTag.StudyInstanceUID);
        var series = Text(dataset, DicomTag.SeriesInstanceUID);
        var instance = Text(dataset, DicomTag.SOPInstanceUID);
        var sopClass = Text(dataset, DicomTag.SOPClassUID);
        if (IsNestedBeyond(dataset, MaxNesting))
            return null;
        if (!DicomUidText.IsValid(study) || !DicomUidText.IsValid(series) || !DicomUidText.IsValid(instance) || !DicomUidText.IsValid(sopClass))
            return null;

        return new(
            new StudyRow
            {
                StudyInstanceUid = study,
                PatientName = Text(dataset, DicomTag.PatientName),
                PatientId = Text(dataset, DicomTag.PatientID),
                PatientBirthDate = Text(dataset, DicomTag.PatientBirthDate),
                PatientSex = Text(dataset, DicomTag.PatientSex),
                StudyDate = Text(dataset, DicomTag.StudyDate),
                StudyTime = Text(dataset, DicomTag.StudyTime),
                AccessionNumber = Text(dataset, DicomTag.AccessionNumber),
                ReferringPhysicianName = Text(dataset, DicomTag.ReferringPhysicianName),
                StudyId = Text(dataset, DicomTag.StudyID),
                StudyDescription = Text(dataset, DicomTag.StudyDescription),
            },
            new SeriesRow
            {
                SeriesInstanceUid = series,
                Modality = Text(dataset, DicomTag.Modality),
                SeriesNumber = Integer(dataset, DicomTag.SeriesNumber),
                SeriesDescription = Text(dataset, DicomTag.SeriesDescription),
                SeriesDate = Text(dataset, DicomTag.SeriesDate),
                SeriesTime = Text(dataset, DicomTag.SeriesTime),
                BodyPartExamined = Text(dataset, DicomTag.BodyPartExamined),
                ProcedureStepDate = Text(dataset, DicomTag.PerformedProcedureStepStartDate),
                ProcedureStepTime = Text(dataset, DicomTag.PerformedProcedureStepStartTime),
                ReferencedSeriesUid = dataset.TryGetSequence(DicomTag.ReferencedSeriesSequence, out var referenced) && referenced.Items.Count > 0
                    ? Text(referenced.Items[0], DicomTag.SeriesInstanceUID)
                    : "",
            },
            new InstanceRow
            {
                SopInstanceUid = instance,
                SopClassUid = sopClass,
                TransferSyntaxUid = file.Dataset.InternalTransferSyntax.UID.UID,
                InstanceNumber = Integer(dataset, DicomTag.InstanceNumber),
                Rows = Integer(dataset, DicomTag.Rows),
                Columns = Integer(dataset, DicomTag.Columns),
                BitsAllocated = Integer(dataset, DicomTag.BitsAllocated),
                Frames = hasPixels ? Math.Max(1, Integer(dataset, DicomTag.NumberOfFrames) ?? 1) : 0,
                Served = served,
                Path = relativePath,
                Length = info.Length,
                Modified = info.LastWriteTimeUtc.Ticks,
            });
    }

    internal static bool HasDicomMark(string path)
    {
        using var file = File.OpenHandle(path);
        Span<byte> mark = stackalloc byte[4];
        return RandomAccess.Read(file, mark, 128) == 4 && mark.SequenceEqual("DICM"u8);
    }

    private static bool IsNestedBeyond(DicomDataset dataset, int levels) =>
        levels < 0 || dataset.OfType<DicomSequence>().Any(s => s.Items.Any(item => IsNestedBeyond(item, levels - 1)));

    private static string Text(DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetString(tag, out var text) && text is not null ? text.Trim(' ', '\0') : "";

    private static int? Integer(DicomDataset dataset, DicomTag tag) =>
        int.TryParse(Text(dataset, tag).Split('\\')[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
