namespace MedSam2.Imaging.Formats.Nifti;

/// <summary>The three sizes of a NIfTI file that holds one volume.</summary>
internal static class NiftiShape
{
    public static (long Columns, long Rows, long Slices) Of(NiftiHeader header)
    {
        var dimensions = header.Dimensions;
        if (dimensions[0] is < 1 or > 7)
            throw new ImageFormatException($"The header gives {dimensions[0]} dimensions; NIfTI has 1 to 7. The header is damaged.");
        for (var axis = 4; axis <= dimensions[0]; axis++)
        {
            if (dimensions[axis] != 1)
                throw new ImageFormatException($"The file has {dimensions[axis]} entries along dimension {axis}, so it is not one volume. Extract one of them into a file of its own.");
        }

        long Size(int axis) => axis <= dimensions[0] ? dimensions[axis] : 1;
        return (Size(1), Size(2), Size(3));
    }
}
