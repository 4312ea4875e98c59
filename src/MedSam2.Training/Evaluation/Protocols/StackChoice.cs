using MedSam2.Imaging.Geometry;

namespace MedSam2.Training.Evaluation.Protocols;

/// <summary>The stack of slices that is prompted and walked: by the grid, or by the patient.</summary>
public enum StackChoice
{
    /// <inheritdoc cref="SliceAxis.K"/>
    K,

    /// <inheritdoc cref="SliceAxis.J"/>
    J,

    /// <inheritdoc cref="SliceAxis.I"/>
    I,

    /// <summary>The one that runs most nearly from the feet to the head.</summary>
    Axial,

    /// <summary>The one that runs most nearly from the front to the back.</summary>
    Coronal,

    /// <summary>The one that runs most nearly from the right to the left.</summary>
    Sagittal,
}

/// <summary>What a choice of stack means for a volume.</summary>
public static class StackChoices
{
    public static SliceAxis In(this StackChoice choice, VolumeGeometry geometry) => choice switch
    {
        StackChoice.K => SliceAxis.K,
        StackChoice.J => SliceAxis.J,
        StackChoice.I => SliceAxis.I,
        StackChoice.Axial => Nearest(geometry, d => d.Z),
        StackChoice.Coronal => Nearest(geometry, d => d.Y),
        StackChoice.Sagittal => Nearest(geometry, d => d.X),
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "Unknown stack."),
    };

    /// <summary>A tie goes to the stack as it is stored.</summary>
    private static SliceAxis Nearest(VolumeGeometry geometry, Func<Vector3D, double> along)
    {
        ArgumentNullException.ThrowIfNull(geometry);
        var map = geometry.IjkToLps;
        (SliceAxis Axis, Vector3D Direction)[] stacks = [(SliceAxis.K, map.K), (SliceAxis.J, map.J), (SliceAxis.I, map.I)];
        return stacks.MaxBy(s => Math.Abs(along(s.Direction)) / s.Direction.Length).Axis;
    }
}
