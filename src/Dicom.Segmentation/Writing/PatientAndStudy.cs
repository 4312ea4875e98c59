using FellowOakDicom;

namespace Dicom.Segmentation;

/// <summary>Patient, study and frame of reference, as the source images have them.</summary>
internal static class PatientAndStudy
{
    // Present even when the source does not say (type 2).
    private static readonly DicomTag[] Expected =
    [
        DicomTag.PatientName, DicomTag.PatientID, DicomTag.PatientBirthDate, DicomTag.PatientSex,
        DicomTag.StudyDate, DicomTag.StudyTime, DicomTag.ReferringPhysicianName, DicomTag.StudyID, DicomTag.AccessionNumber,
    ];

    private static readonly DicomTag[] Optional =
    [
        DicomTag.IssuerOfPatientID,
        DicomTag.PatientIdentityRemoved, DicomTag.DeidentificationMethod, DicomTag.LongitudinalTemporalInformationModified,
        DicomTag.PatientAge, DicomTag.PatientSize, DicomTag.PatientWeight,
        DicomTag.StudyDescription, DicomTag.TimezoneOffsetFromUTC,
        DicomTag.ClinicalTrialSponsorName, DicomTag.ClinicalTrialProtocolID, DicomTag.ClinicalTrialProtocolName,
        DicomTag.ClinicalTrialSiteID, DicomTag.ClinicalTrialSiteName, DicomTag.ClinicalTrialSubjectID,
        DicomTag.ClinicalTrialSubjectReadingID, DicomTag.ClinicalTrialTimePointID, DicomTag.ClinicalTrialTimePointDescription,
        DicomTag.ClinicalTrialCoordinatingCenterName, DicomTag.BodyPartExamined, DicomTag.Laterality,
    ];

    /// <summary>Copies values, not bytes, for the source's character set may be another.</summary>
    public static void Copy(DicomDataset source, DicomDataset target)
    {
        foreach (var tag in Expected)
            target.Add(tag, Values(source, tag) ?? []);
        foreach (var tag in Optional)
        {
            if (Values(source, tag) is { Length: > 0 } values)
                target.Add(tag, values);
        }

        target.Add(DicomTag.StudyInstanceUID, source.Text(DicomTag.StudyInstanceUID)
            ?? throw new SegmentationException("The source images have no Study Instance UID."));
        if (source.Text(DicomTag.FrameOfReferenceUID) is { } frameOfReference)
        {
            target.Add(DicomTag.FrameOfReferenceUID, frameOfReference);
            target.Add(DicomTag.PositionReferenceIndicator, Values(source, DicomTag.PositionReferenceIndicator) ?? []);
        }
    }

    /// <summary>Which way rows and columns run, for images without a place in the patient (type 2C).</summary>
    public static void CopyOrientation(DicomDataset source, DicomDataset target) =>
        target.Add(DicomTag.PatientOrientation, Values(source, DicomTag.PatientOrientation) ?? []);

    private static string[]? Values(DicomDataset source, DicomTag tag) =>
        source.TryGetValues<string>(tag, out var values) ? values : null;
}
