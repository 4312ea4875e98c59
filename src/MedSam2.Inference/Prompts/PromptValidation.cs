using MedSam2.Imaging.Geometry;

namespace MedSam2.Inference.Prompts;

/// <summary>Refuses prompts that say nothing, or nothing about the slice they name.</summary>
internal static class PromptValidation
{
    /// <summary>More clicks on one slice than any person makes, few enough for the decoder.</summary>
    public const int MostPoints = 128;

    /// <exception cref="PromptException">The message names the cause.</exception>
    public static void Check(SlicePrompt prompt, VolumeGeometry geometry)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (!Enum.IsDefined(prompt.Axis))
            throw new PromptException($"{prompt.Axis} is no slice axis; use K, J or I.");
        var (width, height, count) = geometry.SliceShape(prompt.Axis);
        if (prompt.Index < 0 || prompt.Index >= count)
            throw new PromptException($"Slice {prompt.Index} does not exist: the stack along {prompt.Axis} has slices 0 to {count - 1}.");
        CheckContent(prompt, width, height);
    }

    /// <summary>What is said about a slice or picture of the given size, wherever it lies.</summary>
    /// <exception cref="PromptException">The message names the cause.</exception>
    public static void CheckContent(SlicePrompt prompt, int width, int height)
    {
        if (prompt.Mask is { } mask)
        {
            if (prompt.Points.Count > 0 || prompt.Box is not null)
                throw new PromptException("A mask stands alone: send points or a box as a prompt of their own.");
            if (mask.Width != width || mask.Height != height)
                throw new PromptException($"The mask has {mask.Width} x {mask.Height} pixels, but the slice has {width} x {height}.");
            return;
        }

        if (prompt.Points.Count == 0 && prompt.Box is null)
            throw new PromptException("The prompt is empty: give at least one point, a box, or a mask.");
        foreach (var (x, y, _) in prompt.Points)
            CheckInside(x, y, "point");
        if (prompt.Box is { } box)
        {
            CheckInside(box.X0, box.Y0, "box corner");
            CheckInside(box.X1, box.Y1, "box corner");
            if (box.X0 == box.X1 || box.Y0 == box.Y1)
                throw new PromptException("The box is flat: its corners must differ in x and in y.");
        }

        void CheckInside(double x, double y, string what)
        {
            // Half a pixel around the outermost centres still belongs to the slice.
            if (!(x >= -0.5 && x <= width - 0.5 && y >= -0.5 && y <= height - 0.5))
                throw new PromptException(FormattableString.Invariant($"The {what} ({x}, {y}) lies outside of the slice of {width} x {height} pixels."));
        }
    }
}
