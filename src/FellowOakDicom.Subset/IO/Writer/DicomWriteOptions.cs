namespace FellowOakDicom.IO.Writer;

/// <summary>How sequences are written.</summary>
public class DicomWriteOptions
{
    /// <summary>Sequences carry their length instead of a delimiter at their end. Private ones always do.</summary>
    public bool ExplicitLengthSequences { get; set; }

    /// <summary>Items carry their length instead of a delimiter at their end.</summary>
    public bool ExplicitLengthSequenceItems { get; set; }
}
