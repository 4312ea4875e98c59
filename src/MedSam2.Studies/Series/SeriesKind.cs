namespace MedSam2.Studies.Series;

/// <summary>What the slices of a series make.</summary>
public enum SeriesKind
{
    /// <summary>A stack in space: the third axis is a direction in the patient, in millimetres.</summary>
    Volume,

    /// <summary>One place or one view through time, as in ultrasound or angiography: the third axis counts frames.</summary>
    TimeSeries,

    /// <summary>One picture.</summary>
    Picture,
}
