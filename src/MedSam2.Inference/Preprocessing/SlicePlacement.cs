namespace MedSam2.Inference.Preprocessing;

/// <summary>
/// Where a slice lies in the network's square input. Pixels become square: the longer physical side fills the input, the
/// other one keeps its proportion, and the rest (right or bottom) is padding. A slice that is physically square fills the
/// input whole, which is SAM 2's own stretch.
/// </summary>
/// <param name="Width">Pixels of the slice along x.</param>
/// <param name="Height">Pixels of the slice along y.</param>
/// <param name="ContentWidth">Network pixels that the slice covers along x.</param>
/// <param name="ContentHeight">Network pixels that the slice covers along y.</param>
/// <param name="Size">Side of the network's input.</param>
internal sealed record SlicePlacement(int Width, int Height, int ContentWidth, int ContentHeight, int Size)
{
    /// <summary>SAM 2's own placement: stretched to the square, whatever the proportions.</summary>
    public static SlicePlacement Stretch(int width, int height, int size) => new(width, height, size, size, size);

    /// <param name="width">Pixels along x.</param>
    /// <param name="height">Pixels along y.</param>
    /// <param name="spacingX">Millimetres between pixels along x.</param>
    /// <param name="spacingY">Millimetres between pixels along y.</param>
    /// <param name="size">Side of the network's input.</param>
    public static SlicePlacement SquarePixels(int width, int height, double spacingX, double spacingY, int size)
    {
        double x = width * spacingX, y = height * spacingY, longest = Math.Max(x, y);
        return new(width, height, Scale(x), Scale(y), size);

        int Scale(double extent) => Math.Max(1, (int)Math.Round(extent / longest * size));
    }

    /// <summary>
    /// From slice pixels to the coordinates that SAM's prompt encoder expects (it adds half a pixel itself): divided by the
    /// slice's size and multiplied by the content's, without rounding.
    /// </summary>
    public (float X, float Y) ToNetwork(double x, double y) =>
        ((float)x / Width * ContentWidth, (float)y / Height * ContentHeight);
}
