namespace MedSam2.Imaging.Formats.Elements;

/// <summary>Where voxels come from: a stream that stands at the first one, and how to read it.</summary>
/// <param name="Data">Bytes after decompression.</param>
/// <param name="Type">How one voxel is stored.</param>
/// <param name="BigEndian">Whether the most significant byte comes first.</param>
/// <param name="Count">How many voxels must follow.</param>
/// <param name="KnownBytes">
/// How many bytes are certain or likely to follow. Arrays start no larger than this and grow with the data that comes,
/// so that a header cannot make the reader allocate what the file does not hold.
/// </param>
/// <param name="Slope">Real value = stored * slope + intercept.</param>
/// <param name="Intercept">See <paramref name="Slope"/>.</param>
internal sealed record VoxelSource(
    Stream Data,
    ElementType Type,
    bool BigEndian,
    long Count,
    long KnownBytes,
    double Slope = 1,
    double Intercept = 0);
