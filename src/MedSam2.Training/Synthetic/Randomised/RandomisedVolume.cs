namespace MedSam2.Training.Synthetic.Randomised;

/// <summary>What a randomised volume looks like.</summary>
public sealed record RandomisedVolumeOptions
{
    /// <summary>Pixels a side of a slice.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Number of slices.</summary>
    public int Slices { get; init; } = 12;

    /// <summary>Labelled objects at most (1 to 254); at least one is visible.</summary>
    public int MaxObjects { get; init; } = 6;

    /// <summary>0: flat tissues, strong edges, no noise. 1: all that real scanners do. Training raises it step by step.</summary>
    public double Difficulty { get; init; } = 1;
}

/// <summary>A labelled volume that no patient was needed for. Voxels are stored x fastest, then y, then slice.</summary>
/// <param name="Size">Pixels a side of a slice.</param>
/// <param name="Slices">Number of slices.</param>
/// <param name="Image">Grey values from 0 to 1.</param>
/// <param name="Labels">0, or the number of the object (1 to <paramref name="Objects"/>).</param>
/// <param name="Objects">Number of objects; each has some visible voxels.</param>
/// <param name="SliceDistance">Distance between slices, in pixels of a slice.</param>
public sealed record RandomisedVolume(int Size, int Slices, float[] Image, byte[] Labels, int Objects, double SliceDistance);
