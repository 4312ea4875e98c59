using MedSam2.Imaging.Formats;

namespace MedSam2.Server.Endpoints.MonaiLabel;

/// <summary>The file that a client wants its mask in.</summary>
/// <param name="Extension">One of <see cref="Extensions"/>; null takes the image's own.</param>
/// <param name="Type">How one voxel is stored.</param>
/// <param name="Compress">Whether an NRRD's voxels are gzipped; NIfTI says so by its extension.</param>
internal sealed record ResultFormat(string? Extension = null, ElementType Type = ElementType.UInt8, bool Compress = false)
{
    public static readonly IReadOnlyList<string> Extensions = [".nrrd", ".nii.gz", ".nii"];

    public static readonly IReadOnlyDictionary<string, ElementType> Types = new Dictionary<string, ElementType>(StringComparer.OrdinalIgnoreCase)
    {
        ["uint8"] = ElementType.UInt8,
        ["uint16"] = ElementType.UInt16,
        ["int16"] = ElementType.Int16,
        ["int32"] = ElementType.Int32,
        ["float32"] = ElementType.Float32,
    };
}
