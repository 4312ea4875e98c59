namespace MedSam2.Studies.Store;

/// <summary>How far a store's images are segmented.</summary>
/// <param name="Images">Series of images.</param>
/// <param name="Segmented">Those of them that a stored segmentation refers to.</param>
public readonly record struct SeriesCounts(int Images, int Segmented);
