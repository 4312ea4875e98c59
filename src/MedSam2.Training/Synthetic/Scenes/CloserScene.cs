using MedSam2.Training.Synthetic.Randomised;

namespace MedSam2.Training.Synthetic.Scenes;

/// <summary>A view of one object as a closer look takes it: a square part of the slices around the object, some times as large as its longer side.</summary>
internal static class CloserScene
{
    private const double LeastFactor = 2.6;
    private const double MostFactor = 4.2;
    private const double OffMiddle = 0.08; // of the object's longer side: nobody draws a box around the very middle
    private const double MostGrain = 3.5;
    private const int LeastVoxels = 14; // a smaller object would be made of blocks

    /// <summary>Draws one of the objects on a view's first slice, and a look at it; null where none is large enough for one, and small enough to come closer.</summary>
    public static ObjectView? Draw(Random random, Scene scene, SceneView view)
    {
        var regions = new byte[view.Size * view.Size];
        view.ReadRegions(scene, 0, regions);
        var boxes = Boxes(scene, regions, view.Size);
        var factor = Blob.Uniform(random, LeastFactor, MostFactor);
        int[] candidates = [.. Enumerable.Range(1, scene.Regions.Count - 1).Where(r =>
            scene.Regions[r].IsObject && boxes[r].IsWithin(view) && boxes[r].Longer * view.VoxelsPerPixel >= LeastVoxels && boxes[r].Longer * factor < view.Size)];
        if (candidates.Length == 0)
            return null;
        var region = candidates[random.Next(candidates.Length)];
        var (middle, longer) = (boxes[region].Middle, boxes[region].Longer);
        double Off() => longer * Blob.Uniform(random, -OffMiddle, OffMiddle);
        var grain = Math.Exp(Blob.Uniform(random, 0, Math.Log(MostGrain)));
        return new(view.Closer((middle.X + Off(), middle.Y + Off()), factor * longer / view.Size, grain), region);
    }

    /// <summary>What each region covers, with all that was put into it.</summary>
    private static Extent[] Boxes(Scene scene, ReadOnlySpan<byte> regions, int size)
    {
        var boxes = new Extent[256];
        boxes.AsSpan().Fill(new(size, size, -1, -1));
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                ref var box = ref boxes[regions[(y * size) + x]];
                box = box.With(new(x, y, x, y));
            }
        }

        for (var n = scene.Regions.Count - 1; n > 0; n--)
        {
            if (scene.Regions[n].Parent is var whole and >= 0)
                boxes[whole] = boxes[whole].With(boxes[n]);
        }

        return boxes;
    }

    private readonly record struct Extent(int X0, int Y0, int X1, int Y1)
    {
        public int Longer => Math.Max(X1 - X0, Y1 - Y0) + 1;

        /// <summary>Whether none of it may be cut off.</summary>
        public bool IsWithin(SceneView view) => X0 > 0 && Y0 > 0 && X1 < view.Width - 1 && Y1 < view.Height - 1;

        public Extent With(Extent other) => new(Math.Min(X0, other.X0), Math.Min(Y0, other.Y0), Math.Max(X1, other.X1), Math.Max(Y1, other.Y1));

        public (double X, double Y) Middle => ((X0 + X1 + 1) / 2.0, (Y0 + Y1 + 1) / 2.0);
    }
}
