using System.Linq.Expressions;
using FellowOakDicom;

namespace MedSam2.Studies.Store.Query;

/// <summary>How values of an attribute are compared.</summary>
internal enum MatchKind
{
    /// <summary>Equal, or in a list.</summary>
    Uid,

    /// <summary>Equal, or with wildcards; lists allowed.</summary>
    Code,

    /// <summary>Equal, or with wildcards.</summary>
    Text,

    /// <summary>As text, but blind to case.</summary>
    Name,

    /// <summary>A day or a range of days.</summary>
    Date,

    /// <summary>A time or a range of times.</summary>
    Time,
}

/// <summary>An attribute that the index can be searched by.</summary>
internal sealed record SearchableAttribute(DicomTag Tag, QueryLevel Level, MatchKind Kind, Expression<Func<QueryRow, string>> Value)
{
    /// <summary>To make one more attribute searchable: a column in the rows, its reading in InstanceFacts, a raised schema version, and a line here.</summary>
    public static readonly IReadOnlyList<SearchableAttribute> All =
    [
        new(DicomTag.StudyInstanceUID, QueryLevel.Study, MatchKind.Uid, r => r.Study.StudyInstanceUid),
        new(DicomTag.PatientName, QueryLevel.Study, MatchKind.Name, r => r.Study.PatientName),
        new(DicomTag.PatientID, QueryLevel.Study, MatchKind.Text, r => r.Study.PatientId),
        new(DicomTag.PatientBirthDate, QueryLevel.Study, MatchKind.Date, r => r.Study.PatientBirthDate),
        new(DicomTag.PatientSex, QueryLevel.Study, MatchKind.Code, r => r.Study.PatientSex),
        new(DicomTag.StudyDate, QueryLevel.Study, MatchKind.Date, r => r.Study.StudyDate),
        new(DicomTag.StudyTime, QueryLevel.Study, MatchKind.Time, r => r.Study.StudyTime),
        new(DicomTag.AccessionNumber, QueryLevel.Study, MatchKind.Text, r => r.Study.AccessionNumber),
        new(DicomTag.ReferringPhysicianName, QueryLevel.Study, MatchKind.Name, r => r.Study.ReferringPhysicianName),
        new(DicomTag.StudyID, QueryLevel.Study, MatchKind.Text, r => r.Study.StudyId),
        new(DicomTag.StudyDescription, QueryLevel.Study, MatchKind.Name, r => r.Study.StudyDescription),
        new(DicomTag.SeriesInstanceUID, QueryLevel.Series, MatchKind.Uid, r => r.Series.SeriesInstanceUid),
        new(DicomTag.Modality, QueryLevel.Series, MatchKind.Code, r => r.Series.Modality),
        new(DicomTag.SeriesNumber, QueryLevel.Series, MatchKind.Text, r => r.Series.SeriesNumber.ToString() ?? ""),
        new(DicomTag.SeriesDescription, QueryLevel.Series, MatchKind.Name, r => r.Series.SeriesDescription),
        new(DicomTag.SeriesDate, QueryLevel.Series, MatchKind.Date, r => r.Series.SeriesDate),
        new(DicomTag.SeriesTime, QueryLevel.Series, MatchKind.Time, r => r.Series.SeriesTime),
        new(DicomTag.BodyPartExamined, QueryLevel.Series, MatchKind.Code, r => r.Series.BodyPartExamined),
        new(DicomTag.PerformedProcedureStepStartDate, QueryLevel.Series, MatchKind.Date, r => r.Series.ProcedureStepDate),
        new(DicomTag.PerformedProcedureStepStartTime, QueryLevel.Series, MatchKind.Time, r => r.Series.ProcedureStepTime),
        new(DicomTag.SOPInstanceUID, QueryLevel.Instance, MatchKind.Uid, r => r.Instance.SopInstanceUid),
        new(DicomTag.SOPClassUID, QueryLevel.Instance, MatchKind.Uid, r => r.Instance.SopClassUid),
        new(DicomTag.InstanceNumber, QueryLevel.Instance, MatchKind.Text, r => r.Instance.InstanceNumber.ToString() ?? ""),
    ];

    /// <exception cref="StudyStoreException">The attribute is not in the index, or belongs to a level below the query's.</exception>
    public static SearchableAttribute Find(DicomTag tag, QueryLevel level)
    {
        var attribute = All.FirstOrDefault(a => a.Tag == tag);
        if (attribute is not null && attribute.Level <= level)
            return attribute;
        var known = string.Join(", ", All.Where(a => a.Level <= level).Select(a => a.Tag.DictionaryEntry.Keyword));
        throw new StudyStoreException(StoreFault.BadRequest, $"A {level} query cannot match {tag.DictionaryEntry.Keyword} {tag}. It can match {known}{(level == QueryLevel.Study ? ", ModalitiesInStudy" : "")}.");
    }
}
