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

    /// <summary>The same prompts on a part of the slice. A click outside of it counts at its edge.</summary>
    /// <param name="part">In slice pixels.</param>
    public SlicePrompts Within(PixelBox part)
    {
        PromptBox? box = Box is not { } b ? null : new(b.X0 - part.X, b.Y0 - part.Y, b.X1 - part.X, b.Y1 - part.Y);
        return new(
            [.. Points.Select(p => p with { X = Math.Clamp(p.X - part.X, -0.5, part.Width - 0.5), Y = Math.Clamp(p.Y - part.Y, -0.5, part.Height - 0.5) })],
            box,
            Mask?.Cut(part));
    }

    /// <summary>Box corners and points for the network, a box first, as SAM 2 was trained.</summary>
    /// <remarks>
    /// SAM 2 multiplies pixel indices by the scale, which is right at the first edge of a pixel and off by half the scale, less a half, at
    /// its centre: little where slices shrink, but several of the network's pixels where a small slice or a part of one is enlarged. So a
    /// click is given as the network's pixel that it falls on, and a box from the first to the last one that its corners cover: as in
    /// training, where boxes are drawn around masks of the network's size.
    /// </remarks>
    public SamPrompt ToNetwork(SlicePlacement placement)
    {
        var (pixelX, pixelY) = ((double)placement.Width / placement.ContentWidth, (double)placement.Height / placement.ContentHeight); // of the network's
        List<float> coordinates = [];
        List<int> labels = [];
        if (Box is { } box)
        {
            Add(Math.Min(box.X0, box.X1), Math.Min(box.Y0, box.Y1), TopLeft);
            Add(Math.Max(box.X0, box.X1) + 1 - pixelX, Math.Max(box.Y0, box.Y1) + 1 - pixelY, BottomRight);
        }

        foreach (var (x, y, include) in Points)
            Add(x + 0.5 - (pixelX / 2), y + 0.5 - (pixelY / 2), include ? Include : Exclude);
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
