namespace MedSam2.Studies.Series;

/// <summary>Why a set of DICOM instances is not one volume.</summary>
public enum SeriesFault
{
    /// <summary>There is no instance to read.</summary>
    Empty,

    /// <summary>A file is not DICOM, is cut short, or its header contradicts itself.</summary>
    Unreadable,

    /// <summary>A header lacks an attribute the volume needs, or its value makes no sense.</summary>
    BadHeader,

    /// <summary>An instance carries no picture (a report, a segmentation's reference, a waveform).</summary>
    NoPixels,

    /// <summary>The instances belong to several series.</summary>
    SeveralSeries,

    /// <summary>A slice does not say where in the patient it lies.</summary>
    NoPosition,

    /// <summary>Slices differ in the direction of their rows or columns.</summary>
    MixedOrientations,

    /// <summary>Slices differ in rows, columns or pixel spacing.</summary>
    MixedSizes,

    /// <summary>Two slices lie at the same place (several phases, echoes or reconstructions in one series).</summary>
    DuplicatePositions,

    /// <summary>Every gap is a whole multiple of the slice distance, and some are too wide.</summary>
    MissingSlices,

    /// <summary>The distance between slices changes along the stack.</summary>
    UnevenSpacing,

    /// <summary>Slices are shifted against each other within their plane, as with a tilted gantry.</summary>
    Sheared,

    /// <summary>Some slices of a stack are coloured and some are grey.</summary>
    MixedColours,

    /// <summary>The series has fewer volumes or pictures than the one that was asked for.</summary>
    NoSuchPart,

    /// <summary>Bits, signs or lookup tables of a kind that the reader does not know.</summary>
    UnsupportedPixels,

    /// <summary>No decoder for the transfer syntax.</summary>
    UnsupportedTransferSyntax,

    /// <summary>The compressed or raw pixels are damaged or cut short.</summary>
    DamagedPixels,

    /// <summary>More instances or voxels than the limits allow.</summary>
    TooLarge,
}
