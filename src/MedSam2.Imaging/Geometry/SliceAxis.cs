namespace MedSam2.Imaging.Geometry;

/// <summary>The grid axis that a stack of slices runs along. For an axial series these are the axial, coronal and sagittal planes.</summary>
public enum SliceAxis
{
    /// <summary>Slices as stored: x = i, y = j.</summary>
    K,

    /// <summary>Slices across the rows: x = i, y = k.</summary>
    J,

    /// <summary>Slices across the columns: x = j, y = k.</summary>
    I,
}
