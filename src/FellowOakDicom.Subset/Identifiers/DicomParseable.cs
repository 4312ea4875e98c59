namespace FellowOakDicom;

/// <summary>A value that a dataset's text is turned into on request: a UID, a transfer syntax, a photometric interpretation.</summary>
public abstract class DicomParseable;
