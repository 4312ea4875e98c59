namespace MedSam2.Inference.Tests.Sessions;

internal static class Propagations
{
    /// <summary>Runs a propagation to its end.</summary>
    public static void Complete(this IEnumerable<SliceMask> propagation)
    {
        foreach (var mask in propagation)
            _ = mask;
    }
}
