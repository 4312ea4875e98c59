namespace MedSam2.Studies.Store.Index;

/// <summary>A study in the index. Texts are decoded; an absent attribute is an empty text.</summary>
internal sealed class StudyRow
{
    public int Id { get; set; }

    public required string StudyInstanceUid { get; set; }

    public string PatientName { get; set; } = "";

    public string PatientId { get; set; } = "";

    public string PatientBirthDate { get; set; } = "";

    public string PatientSex { get; set; } = "";

    public string StudyDate { get; set; } = "";

    public string StudyTime { get; set; } = "";

    public string AccessionNumber { get; set; } = "";

    public string ReferringPhysicianName { get; set; } = "";

    public string StudyId { get; set; } = "";

    public string StudyDescription { get; set; } = "";

    public List<SeriesRow> Series { get; } = [];
}

/// <summary>A series in the index.</summary>
internal sealed class SeriesRow
{
    public int Id { get; set; }

    public int StudyRowId { get; set; }

    public StudyRow Study { get; set; } = null!;

    public required string SeriesInstanceUid { get; set; }

    public string Modality { get; set; } = "";

    public int? SeriesNumber { get; set; }

    public string SeriesDescription { get; set; } = "";

    public string SeriesDate { get; set; } = "";

    public string SeriesTime { get; set; } = "";

    public string BodyPartExamined { get; set; } = "";

    public string ProcedureStepDate { get; set; } = "";

    public string ProcedureStepTime { get; set; } = "";

    /// <summary>For a segmentation or report: the first series it refers to.</summary>
    public string ReferencedSeriesUid { get; set; } = "";

    /// <summary>Kept up to date, so that a query need not count.</summary>
    public int InstanceCount { get; set; }

    public List<InstanceRow> Instances { get; } = [];
}

/// <summary>An instance in the index, and where its file lies.</summary>
internal sealed class InstanceRow
{
    public int Id { get; set; }

    public int SeriesRowId { get; set; }

    public SeriesRow Series { get; set; } = null!;

    public required string SopInstanceUid { get; set; }

    public string SopClassUid { get; set; } = "";

    public string TransferSyntaxUid { get; set; } = "";

    public int? InstanceNumber { get; set; }

    public int? Rows { get; set; }

    public int? Columns { get; set; }

    public int? BitsAllocated { get; set; }

    /// <summary>0 where there are no pixels.</summary>
    public int Frames { get; set; }

    /// <summary>Whether <see cref="Path"/> is below the served folder rather than the store's own.</summary>
    public bool Served { get; set; }

    /// <summary>Relative, with forward slashes.</summary>
    public required string Path { get; set; }

    public long Length { get; set; }

    /// <summary>Last change in UTC ticks, to notice a served file that changed.</summary>
    public long Modified { get; set; }
}
