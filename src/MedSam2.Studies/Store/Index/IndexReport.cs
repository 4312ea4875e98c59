namespace MedSam2.Studies.Store.Index;

/// <summary>What opening a store found on disk.</summary>
/// <param name="Instances">Instances the store has now.</param>
/// <param name="Added">Files that the index did not know yet.</param>
/// <param name="Removed">Entries whose file is gone or changed.</param>
/// <param name="Skipped">Files of the served folder that are no DICOM instances.</param>
/// <param name="Copies">Files of the served folder that hold an instance already found elsewhere.</param>
public sealed record IndexReport(int Instances, int Added, int Removed, int Skipped, int Copies);
