namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>NIfTI's codes for what a voxel is.</summary>
internal static class NiftiDataType
{
    public static ElementType ToElementType(short code) => code switch
    {
        2 => ElementType.UInt8,
        4 => ElementType.Int16,
        8 => ElementType.Int32,
        16 => ElementType.Float32,
        64 => ElementType.Float64,
        256 => ElementType.Int8,
        512 => ElementType.UInt16,
        768 => ElementType.UInt32,
        1024 => ElementType.Int64,
        1280 => ElementType.UInt64,
        128 or 2304 => throw new ImageFormatException("The voxels are colours (RGB). Convert the volume to grey values first."),
        32 or 1792 or 2048 => throw new ImageFormatException("The voxels are complex numbers. Save their magnitude or phase as real values first."),
        1 or 1536 => throw new ImageFormatException($"Voxels of NIfTI type {code} (single bits, or 128-bit floats) are not read. Convert them to an integer type or to 32-bit floats."),
        _ => throw new ImageFormatException($"The voxel type {code} is not one that NIfTI defines. The header is damaged."),
    };

    public static short FromElementType(ElementType type) => type switch
    {
        ElementType.UInt8 => 2,
        ElementType.Int16 => 4,
        ElementType.Int32 => 8,
        ElementType.Float32 => 16,
        ElementType.Float64 => 64,
        ElementType.Int8 => 256,
        ElementType.UInt16 => 512,
        ElementType.UInt32 => 768,
        ElementType.Int64 => 1024,
        ElementType.UInt64 => 1280,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };
}
