using MedSam2.Imaging.Masks;
using MedSam2.Inference.Preprocessing;
using MedSam2.Network;
using static TorchSharp.torch;

namespace MedSam2.Inference.Prompts;

/// <summary>All that was said about one object on one slice so far.</summary>
internal sealed record SlicePrompts(IReadOnlyList<PromptPoint> Points, PromptBox? Box, Mask? Mask)
{
    private const int Exclude = 0;
    private const int Include = 1;
    private const int TopLeft = 2;
    private const int BottomRight = 3;

    public static SlicePrompts None { get; } = new([], null, null);

    /// <summary>Points add up; a newer box replaces the box; a mask replaces everything, and clicks then correct it.</summary>
    /// <exception cref="PromptException">There would be too many points.</exception>
    public SlicePrompts With(SlicePrompt prompt)
    {
        if (prompt.Mask is not null)
            return new([], null, prompt.Mask);
        var all = new SlicePrompts([.. Points, .. prompt.Points], prompt.Box ?? Box, null);
        return all.Points.Count <= PromptValidation.MostPoints
            ? all
            : throw new PromptException($"There are more than {PromptValidation.MostPoints} points on this slice; start it afresh, or draw a mask.");
    }

    /// <summary>The same prompts on a part of the slice.</summary>
    /// <remarks>
    /// SAM 2 multiplies pixel indices by the scale, which is right at the edge of a slice and off by half the scale, less a half, at
    /// pixel centres: nothing where slices shrink, but several of the network's pixels where a small part is blown up. So places are moved
    /// to where that rule gives the network's pixel that they fall on, and a box reaches to the last pixel that its corner covers. A click
    /// outside of the part counts at its edge.
    /// </remarks>
    /// <param name="part">In slice pixels.</param>
    /// <param name="placement">Where the part lies in the network's input.</param>
    public SlicePrompts Within(PixelBox part, SlicePlacement placement)
    {
        var (pixelX, pixelY) = ((double)placement.Width / placement.ContentWidth, (double)placement.Height / placement.ContentHeight); // of the network's
        PromptBox? box = Box is not { } b ? null : new(
            Math.Min(b.X0, b.X1) - part.X,
            Math.Min(b.Y0, b.Y1) - part.Y,
            Math.Max(b.X0, b.X1) - part.X + 1 - pixelX,
            Math.Max(b.Y0, b.Y1) - part.Y + 1 - pixelY);
        return new(
            [.. Points.Select(p => p with { X = Place(p.X - part.X, part.Width, pixelX), Y = Place(p.Y - part.Y, part.Height, pixelY) })],
            box,
            Mask?.Cut(part));

        static double Place(double x, int pixels, double networkPixel) => Math.Clamp(x, -0.5, pixels - 0.5) + 0.5 - (networkPixel / 2);
    }

    /// <summary>Box corners and points for the network, a box first, as SAM 2 was trained.</summary>
    public SamPrompt ToNetwork(SlicePlacement placement)
    {
        List<float> coordinates = [];
        List<int> labels = [];
        if (Box is { } box)
        {
            Add(Math.Min(box.X0, box.X1), Math.Min(box.Y0, box.Y1), TopLeft);
            Add(Math.Max(box.X0, box.X1), Math.Max(box.Y0, box.Y1), BottomRight);
        }

        foreach (var (x, y, include) in Points)
            Add(x, y, include ? Include : Exclude);
        return new SamPrompt
        {
            PointCoords = tensor(coordinates.ToArray()).view(1, labels.Count, 2),
            PointLabels = tensor(labels.ToArray()).view(1, labels.Count),
        };

        void Add(double x, double y, int label)
        {
            var (networkX, networkY) = placement.ToNetwork(x, y);
            coordinates.Add(networkX);
            coordinates.Add(networkY);
            labels.Add(label);
        }
    }
}
