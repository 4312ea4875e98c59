namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>Slices that are cut for the sake of one object, which alone is asked for.</summary>
/// <param name="View">The slices.</param>
/// <param name="Region">The object's region.</param>
internal sealed record ObjectView(SceneView View, int Region);
